import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below the ports that systems assign by themselves, and with a range for each Mocha worker: nothing else in a run takes the port
// while a daemon restarts on it.
const lowest = 20_000;
const portsPerWorker = 1000;
const parts = 12;

/** A port of 127.0.0.1 on which nothing listens. */
export async function findFreePort(): Promise<number> {
  const worker = Number(process.env["MOCHA_WORKER_ID"] ?? -1) + 1;
  const first = lowest + (worker % parts) * portsPerWorker;
  for (let attempt = 0; attempt < portsPerWorker; attempt += 1) {
    const port = randomInt(first, first + portsPerWorker);
    if (await isFree(port)) return port;
  }
  throw new Error(`No port from ${first} on is free.`);
}

async function isFree(port: number): Promise<boolean> {
  const listener = createServer();
  return new Promise((resolve) => {
    listener.once("error", () => {
      resolve(false);
    });
    listener.listen(port, "127.0.0.1", () => {
      listener.close(() => {
        resolve(true);
      });
    });
  });
}
