import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "../../harness/client.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { quantile } from "../../harness/statistics.js";
import { formatNumber } from "../../harness/table.js";
import type { Fault, FaultContext } from "../fault.js";
import type { Findings } from "../findings.js";
import { Ledger } from "../ledger.js";
import { makeSetup } from "../messages.js";
import { verify } from "../verify.js";

const sessions = 4000;
const exports = 1000;
/** After how long the client of an export leaves. */
const leaveAfterMs = 8;
const pipelines = 5;
/** How many requests a pipelining client sends at once, again and again. */
const requestsAtOnce = 2000;
const pipelinedMs = 5000;
/** How often the quiet client sends a tell. */
const everyMs = 20;
const tell = { type: "tell", message: { config: { x: [1], y: [1] }, outcome: 1 } };
const allowedP99Ms = 50;
const allowedBytes = 300e6;

export const greedyRequests: Fault = {
  name: "greedy-requests",
  title: "greedy requests",
  how: "4,000 sessions, 1,000 exports of all whose clients leave after 8 ms; five connections that send GET / without waiting; p99 of a quiet client",
  rounds: 1,
  run: measure,
};

async function measure(context: FaultContext): Promise<Findings> {
  const location = join(context.folder, "greedy.db");
  const daemon = await DaemonProcess.start(location, { imports: context.imports });
  await fill(daemon, context);
  const quiet = await QuietClient.connect(daemon, context);
  const notes: string[] = [];
  const problems: string[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const [name, attack] of [
      ["exports", leaveExports],
      ["pipelined requests", pipeline],
    ] as const) {
      const { p99Ms, peakBytes } = await quiet.measureDuring(attack(daemon));
      notes.push(`${name}: p99 ${formatNumber(p99Ms, 0)} ms, ${formatNumber(peakBytes / 1e6, 0)} MB`);
      context.note(notes.at(-1) ?? "");
      if (p99Ms > allowedP99Ms)
        problems.push(`The p99 of a quiet client is ${formatNumber(p99Ms, 0)} ms during ${name}.`);
      if (peakBytes > allowedBytes)
        problems.push(`The daemon has ${formatNumber(peakBytes / 1e6, 0)} MB during ${name}.`);
    }
  }
  await quiet.close();
  await daemon.stop();
  const findings = await verify(location, new Ledger());
  findings.acknowledged = quiet.acknowledged;
  findings.notes.push(...notes);
  for (const problem of problems) findings.report(problem);
  return findings;
}

async function fill(daemon: DaemonProcess, { random }: FaultContext): Promise<void> {
  const client = await Client.connect(daemon.url);
  for (let done = 0; done < sessions; done += 100) {
    for (let count = 0; count < 100; count += 1) client.send(makeSetup("setup", random.uuid()));
    for (let count = 0; count < 100; count += 1) await client.reply();
  }
  await client.close();
}

/** Sends a tell every 20 ms and measures when it is acknowledged. */
class QuietClient {
  acknowledged = 0;

  private constructor(
    readonly client: Client,
    readonly daemon: DaemonProcess,
  ) {}

  static async connect(daemon: DaemonProcess, { random }: FaultContext): Promise<QuietClient> {
    const client = await Client.connect(daemon.url);
    await client.request(makeSetup("setup", random.uuid()));
    return new QuietClient(client, daemon);
  }

  async measureDuring(
    attack: Promise<void>,
  ): Promise<{ readonly p99Ms: number; readonly peakBytes: number }> {
    const times: number[] = [];
    let peakBytes = 0;
    const state = { isOver: false };
    void attack.then(() => (state.isOver = true));
    while (!state.isOver) {
      const from = performance.now();
      await this.client.request(tell);
      this.acknowledged += 1;
      times.push(performance.now() - from);
      peakBytes = Math.max(peakBytes, this.daemon.readResidentBytes() ?? 0);
      await pause(everyMs);
    }
    await attack;
    return { p99Ms: quantile(times, 0.99), peakBytes };
  }

  close(): Promise<unknown> {
    return this.client.close();
  }
}

/** Opens exports of everything one after the other, each of which its client leaves. */
async function leaveExports(daemon: DaemonProcess): Promise<void> {
  for (let count = 0; count < exports; count += 1) {
    const socket = await open(daemon, "/api/export?all=true&format=csv");
    await pause(leaveAfterMs);
    socket.destroy();
  }
}

async function pipeline(daemon: DaemonProcess): Promise<void> {
  const end = performance.now() + pipelinedMs;
  const requests = requestOf(daemon, "/").repeat(requestsAtOnce);
  const send = async () => {
    while (performance.now() < end) {
      const socket = await open(daemon, "/", requestsAtOnce);
      socket.resume();
      socket.on("drain", () => socket.write(requests));
      await Promise.race([once(socket, "close"), pause(end - performance.now())]);
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: pipelines }, send));
}

async function open(daemon: DaemonProcess, path: string, times = 1): Promise<Socket> {
  const { hostname, port } = new URL(daemon.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(requestOf(daemon, path).repeat(times));
  return socket;
}

function requestOf({ url }: DaemonProcess, path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n\r\n`;
}
