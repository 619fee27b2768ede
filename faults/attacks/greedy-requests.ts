import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "../../harness/client.js";
import { makeSetup } from "../messages.js";
import { type Attack, type Target, attackMs, repeat, whenClosed } from "./attack.js";
import { beginSession } from "./begin-session.js";
import { connectRaw, getRequest } from "./raw-connection.js";

const sessions = 4000;
const exports = 1000;
/** After how long the client of an export leaves. */
const leaveAfterMs = 8;
const pipelines = 5;
/** How many requests a pipelining client sends at once, again and again. */
const requestsAtOnce = 2000;
/** The bytes of the larger messages that one client reads again and again. */
const largeBytes = [900_000, 7_700_000];

export const abandonedExports: Attack = {
  name: "abandoned-exports",
  title: "exports whose clients leave",
  how: "4,000 sessions, 1,000 exports of all whose clients leave after 8 ms",
  allowedP99Ms: 50,
  allowedMb: 300,
  prepare: fillWithSessions,
  run: async ({ daemon }) => {
    for (let count = 0; count < exports; count += 1) {
      const socket = await connectRaw(daemon);
      socket.write(getRequest(daemon, "/api/export?all=true&format=csv"));
      await pause(leaveAfterMs);
      socket.destroy();
    }
  },
};

export const pipelinedRequests: Attack = {
  name: "pipelined-requests",
  title: "requests sent without waiting",
  how: "five connections that send GET / without waiting for answers",
  allowedP99Ms: 50,
  allowedMb: 300,
  run: async ({ daemon }) => {
    const requests = getRequest(daemon, "/").repeat(requestsAtOnce);
    const pipeline = () =>
      repeat(async () => {
        const socket = await connectRaw(daemon);
        socket.resume();
        socket.write(requests);
        socket.on("drain", () => socket.write(requests));
        await whenClosed(socket, attackMs);
        socket.destroy();
      });
    await Promise.all(Array.from({ length: pipelines }, pipeline));
  },
};

export const largeReads: Attack = {
  name: "large-reads",
  title: "large messages read again and again",
  how: "one client reads a session with messages of 0.9 and 7.7 MB over and over",
  allowedMb: 600,
  prepare: async (target) => {
    const client = await beginSession(target);
    for (const bytes of largeBytes) {
      const numbers = Array.from({ length: bytes / 9 }, (_, index) => 10_000_000 + index);
      await client.request({ type: "large", message: numbers });
    }
    await client.close();
  },
  run: async ({ daemon }) => {
    await repeat(async () => {
      const socket = await connectRaw(daemon);
      socket.write(getRequest(daemon, "/api/sessions/1/messages", "Connection: close\r\n"));
      socket.resume();
      await once(socket, "close");
    });
  },
};

async function fillWithSessions({ daemon, random }: Target): Promise<void> {
  const client = await Client.connect(daemon.url);
  for (let done = 0; done < sessions; done += 100) {
    for (let count = 0; count < 100; count += 1) client.send(makeSetup("setup", random.uuid()));
    for (let count = 0; count < 100; count += 1) await client.reply();
  }
  await client.close();
}
