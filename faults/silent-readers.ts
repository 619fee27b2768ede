import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { DaemonProcess } from "../bench/daemon-process.js";
import { type Load, runLoad } from "../bench/run-load.js";
import { quantile } from "../bench/statistics.js";
import { formatNumber } from "../bench/table.js";
import { join } from "node:path";
import type { Fault, FaultContext } from "./fault.js";
import type { Findings } from "./findings.js";
import { Ledger } from "./ledger.js";
import { makeSetup } from "./messages.js";
import { verify } from "./verify.js";

const silentReaders50 = { clients: 20, replays: 15, exports: 15 };
/** What a silent client sends; the answers are more than its connection holds. */
const asks = 5000;
const steadyLoad: Load = { connections: 10, inFlight: 1, coding: "json", tellsPerSecond: 500 };
const seconds = 4;
/** So that replays and exports have enough to say. */
const fillingLoad: Load = { connections: 10, inFlight: 32, coding: "json" };
/** Until what they asked for is on its way. */
const settleMs = 3000;
/** How much longer the others may wait. */
const allowed = 1.1;

export const silentReaders: Fault = {
  name: "silent-readers",
  title: "silent readers",
  how: "50 sockets that never read: 20 clients, 15 replays, 15 exports; p99 of 10 others with and without, in turn",
  rounds: 5,
  run: measure,
};

async function measure(context: FaultContext): Promise<Findings> {
  const location = join(context.folder, "silent.db");
  const daemon = await DaemonProcess.start(location, { imports: context.imports });
  let acknowledged = 0;
  const load = async (one: Load) => {
    const result = await runLoad(daemon.url, one, seconds);
    acknowledged += Math.round(result.tellsPerSecond * seconds);
    return result.p99Ms;
  };
  await load(fillingLoad);
  const [without, beside]: [number[], number[]] = [[], []];
  for (let round = 1; round <= context.rounds; round += 1) {
    without.push(await load(steadyLoad));
    const readers = await Silence.begin(daemon.url, context);
    beside.push(await load(steadyLoad));
    readers.end();
    context.note(
      `round ${round} of ${context.rounds}: ${without.at(-1) ?? ""} ms and ${beside.at(-1) ?? ""} ms`,
    );
  }
  await daemon.stop();
  const findings = await verify(location, new Ledger());
  findings.acknowledged = acknowledged;
  const [p99, silentP99] = [quantile(without, 0.5), quantile(beside, 0.5)];
  findings.notes.push(
    `p99 ${formatNumber(p99, 2)} ms without, ${formatNumber(silentP99, 2)} ms beside 50 silent readers (medians)`,
  );
  if (silentP99 > p99 * allowed)
    findings.report(`p99 is ${formatNumber(100 * (silentP99 / p99 - 1))} % higher beside silent readers.`);
  return findings;
}

/** Sockets that ask for much and never read. */
class Silence {
  readonly #ends: (() => void)[] = [];

  static async begin(url: string, context: FaultContext): Promise<Silence> {
    const silence = new Silence();
    const session = context.random.uuid();
    for (let count = 0; count < silentReaders50.clients; count += 1)
      await silence.#ask(url, session, context.random.uuid());
    for (let count = 0; count < silentReaders50.replays; count += 1)
      await silence.#request(
        url,
        `/replay?session=last`,
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGVsbHRhbGUgdGVsbHRhbA==\r\n",
      );
    for (let count = 0; count < silentReaders50.exports; count += 1)
      await silence.#request(url, "/api/export?all=true&format=csv", "");
    await pause(settleMs);
    return silence;
  }

  end(): void {
    for (const end of this.#ends) end();
  }

  async #ask(url: string, session: string, name: string): Promise<void> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.on("error", () => undefined);
    await once(socket, "open");
    socket.pause();
    socket.send(JSON.stringify(makeSetup("setup", session)));
    for (let number = 0; number < asks / silentReaders50.clients; number += 1)
      socket.send(JSON.stringify({ type: "a".repeat(64), id: `${name}-${number}-`.padEnd(128, "i") }));
    this.#ends.push(() => {
      socket.terminate();
    });
  }

  async #request(url: string, path: string, headers: string): Promise<void> {
    const { hostname, port, host } = new URL(url);
    const socket: Socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`);
    this.#ends.push(() => socket.destroy());
  }
}
