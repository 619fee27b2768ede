import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { type Load, runLoad } from "../../harness/load/run-load.js";
import { quantile } from "../../harness/statistics.js";
import { formatNumber } from "../../harness/table.js";
import type { Fault, FaultContext } from "../fault.js";
import type { Findings } from "../findings.js";
import { Ledger } from "../ledger.js";
import { makeSetup } from "../messages.js";
import { QuietClients, connectRaw, getRequest } from "../attacks/index.js";
import { verify } from "../verify.js";

/** The numbers of sockets that never read, by what they request. */
const readers = { clients: 20, replays: 15, exports: 15 };
/** The number of messages that each silent client sends; each unread reply has about 400 bytes. */
const asks = 250;
/** The number of clients that are measured. */
const others = 10;
const seconds = 4;
/** Enough rows to fill the connections of replays and exports. */
const fillingLoad: Load = { connections: 10, inFlight: 32, coding: "json" };
/** How often to check whether the daemon still works for them, and the CPU time below which it does not. */
const lookEveryMs = 500;
const idleMs = 60;
/** The allowed ratio of the others' latency with and without them. */
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
  const ledger = new Ledger();
  await runLoad(daemon.url, fillingLoad, seconds);
  const quiet = await QuietClients.connect(daemon, context.random, ledger, { count: others });
  const measureOthers = async () => (await quiet.measureDuring(pause(1000 * seconds))).p99Ms;
  const [without, beside]: [number[], number[]] = [[], []];
  for (let round = 1; round <= context.rounds; round += 1) {
    without.push(await measureOthers());
    const silence = await Silence.begin(daemon, context);
    beside.push(await measureOthers());
    silence.end();
    context.note(
      `round ${round} of ${context.rounds}: ${without.at(-1) ?? ""} ms and ${beside.at(-1) ?? ""} ms`,
    );
  }
  await quiet.close();
  await daemon.stop();
  const findings = await verify(location, ledger);
  const [p99, silentP99] = [quantile(without, 0.5), quantile(beside, 0.5)];
  findings.notes.push(
    `p99 ${formatNumber(p99, 2)} ms without, ${formatNumber(silentP99, 2)} ms with 50 silent readers (medians)`,
  );
  if (silentP99 > p99 * allowed)
    findings.report(`p99 is ${formatNumber(100 * (silentP99 / p99 - 1))} % higher with silent readers.`);
  return findings;
}

/** Sockets that request much data and never read it. */
class Silence {
  readonly #ends: (() => void)[] = [];

  static async begin(daemon: DaemonProcess, context: FaultContext): Promise<Silence> {
    const { url } = daemon;
    const silence = new Silence();
    const session = context.random.uuid();
    for (let count = 0; count < readers.clients; count += 1) {
      const socket = await silence.#open(url);
      socket.send(JSON.stringify(makeSetup("setup", session)));
      const name = context.random.uuid();
      for (let number = 0; number < asks; number += 1)
        socket.send(JSON.stringify({ type: "a".repeat(64), id: `${name}-${number}-`.padEnd(128, "i") }));
    }
    for (let count = 0; count < readers.replays; count += 1)
      await silence.#open(`${url}/replay?session=last`);
    for (let count = 0; count < readers.exports; count += 1) await silence.#export(daemon);
    await silence.#settle(daemon);
    return silence;
  }

  end(): void {
    for (const end of this.#ends) end();
  }

  /** Resolves when the requested data has filled their connections, so that the daemon has nothing more to do for them. */
  async #settle(daemon: DaemonProcess): Promise<void> {
    for (let left = 40_000 / lookEveryMs; left > 0; left -= 1) {
      const before = daemon.readCpuMs() ?? 0;
      await pause(lookEveryMs);
      if ((daemon.readCpuMs() ?? 0) - before < idleMs) return;
    }
  }

  async #open(url: string): Promise<WebSocket> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.on("error", () => undefined);
    await once(socket, "open");
    socket.pause();
    this.#ends.push(() => {
      socket.terminate();
    });
    return socket;
  }

  async #export(daemon: DaemonProcess): Promise<void> {
    const socket = await connectRaw(daemon);
    socket.pause();
    socket.write(getRequest(daemon, "/api/export?all=true&format=csv"));
    this.#ends.push(() => socket.destroy());
  }
}
