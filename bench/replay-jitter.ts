// Measures the timing of a replay at speed 1: `npm run bench:replay -- --seconds 600`. See bench/README.md.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { loadavg } from "node:os";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";
import { BareDriver } from "./bare-driver.js";
import { killChildren, startTelltale, whenEnded } from "../harness/child-processes.js";
import { DaemonProcess } from "../harness/daemon-process.js";
import { describeMachine } from "./machine.js";
import { quantile } from "../harness/statistics.js";
import { formatNumber, renderTable } from "../harness/table.js";
import { TellInserts, insertSetup, makeBareTell } from "./tell-rows.js";
import { TemporaryDatabases } from "../harness/temporary-databases.js";

const defaultSeconds = 600;
/** Gaps between messages: 20 to 180 ms. */
const shortestGapMs = 20;
const longestGapMs = 180;
/** The number of messages, at either end, whose lateness is compared for the drift. */
const messagesAtAnEnd = 100;

interface Arrival {
  readonly seq: number;
  readonly atMs: number;
}

const { values: flags } = parseArgs({
  options: { seconds: { type: "string", default: String(defaultSeconds) } },
});
const seconds = Number(flags.seconds);
if (!(seconds > 0)) throw new Error("--seconds must be a number above 0.");

const databases = await TemporaryDatabases.make();
try {
  const machine = await describeMachine(databases.folder);
  const path = databases.newPath();
  const session = randomUUID();
  const timesMs = await fillSession(path, session);
  const daemon = await DaemonProcess.start(path);
  const [printed, sent] = await Promise.all([playPrinted(path, session), playSent(daemon.url, session)]);
  await daemon.stop();
  const rows = [describe("telltale replay", timesMs, printed), describe("WebSocket", timesMs, sent)];
  const head = [">messages", ">p50, ms", ">p99, ms", ">largest, ms", ">drift, ms"];
  const load = loadavg().map((average) => formatNumber(average, 2));
  process.stdout.write(
    `${machine}\n- Load at the end (1, 5, 15 minutes): ${load.join(", ")}\n\n${renderTable(["at speed 1", ...head], rows)}\n`,
  );
} finally {
  await killChildren();
  await databases.remove();
}

/** Creates a database with one session; returns the times of its messages. */
async function fillSession(path: string, session: string): Promise<number[]> {
  const driver = await BareDriver.open(path);
  const begin = Date.UTC(2026, 0, 5, 9);
  const timesMs = [begin];
  for (let timeMs = begin; timeMs < begin + seconds * 1000;) {
    timeMs += shortestGapMs + Math.floor(Math.random() * (longestGapMs - shortestGapMs));
    timesMs.push(timeMs);
  }
  const inserts = new TellInserts(driver, 1);
  await driver.exec("begin");
  await insertSetup(driver, session, 1, 1, timesMs.length, new Date(begin).toISOString());
  for (const [trial, timeMs] of timesMs.entries()) {
    if (trial === 0) continue;
    await inserts.insert([makeBareTell(session, 1, trial, trial + 1, new Date(timeMs).toISOString())]);
  }
  await driver.exec("commit");
  await driver.close();
  return timesMs;
}

async function playPrinted(path: string, session: string): Promise<Arrival[]> {
  const child = startTelltale(["replay", session, "--db", path, "--speed", "1"]);
  child.stderr.pipe(process.stderr);
  const arrivals: Arrival[] = [];
  createInterface(child.stdout).on("line", (line) => {
    arrivals.push({ atMs: performance.now(), ...(JSON.parse(line) as { readonly seq: number }) });
  });
  await whenEnded(child);
  return arrivals;
}

async function playSent(url: string, session: string): Promise<Arrival[]> {
  const socket = new WebSocket(`${url}/replay?session=${session}&speed=1`, { perMessageDeflate: false });
  const arrivals: Arrival[] = [];
  socket.on("message", (frame: Buffer) => {
    const atMs = performance.now();
    const said = JSON.parse(frame.toString()) as { readonly seq: number; readonly state?: string };
    if (said.state === undefined) arrivals.push({ ...said, atMs });
    else if (said.state === "ended") socket.close();
  });
  await once(socket, "close");
  return arrivals;
}

/** The lateness of each message, relative to the first. */
function describe(what: string, timesMs: readonly number[], arrivals: readonly Arrival[]): string[] {
  const [first] = arrivals;
  if (arrivals.length !== timesMs.length || first === undefined) {
    throw new Error(`${what}: ${arrivals.length} of ${timesMs.length} messages came.`);
  }
  const latenesses = arrivals.map(
    ({ seq, atMs }) => atMs - first.atMs - ((timesMs[seq - 1] ?? NaN) - (timesMs[0] ?? NaN)),
  );
  const middle = quantile(latenesses, 0.5);
  // The first message is an arbitrary reference: only the differences between messages matter.
  const jitters = latenesses.map((lateness) => Math.abs(lateness - middle));
  const drift =
    quantile(latenesses.slice(-messagesAtAnEnd), 0.5) - quantile(latenesses.slice(0, messagesAtAnEnd), 0.5);
  return [
    what,
    formatNumber(arrivals.length),
    formatNumber(quantile(jitters, 0.5), 2),
    formatNumber(quantile(jitters, 0.99), 2),
    formatNumber(quantile(jitters, 1), 2),
    formatNumber(drift, 2),
  ];
}
