import { once } from "node:events";
import { WebSocket } from "ws";
import { startTelltale, whenEnded } from "../harness/child-processes.js";
import { DaemonProcess } from "../harness/daemon-process.js";
import type { EndToEnd } from "./end-to-end.js";
import { type Load, runLoad } from "../harness/load/run-load.js";
import { TemporaryDatabases } from "../harness/temporary-databases.js";

/** Latencies of acknowledgements during reading. */
export interface Beside extends EndToEnd {
  /** Messages and trials read per second; undefined for the command line, whose output is not counted. */
  readonly readPerSecond: number | undefined;
}

/** The reader of the whole database while messages are written. */
export type Reader = "nobody" | "the daemon" | "the command line";

/**
 * Puts a load on a daemon while its whole database is replayed and exported, repeatedly.
 *
 * @param path a database that holds many messages.
 */
export async function measureBeside(
  path: string,
  load: Load,
  seconds: number,
  reader: Reader,
): Promise<Beside> {
  const daemon = await DaemonProcess.start(path);
  const reading = new Reading(daemon.url, path);
  const begin = performance.now();
  const read = reading.run(reader);
  const result = await runLoad(daemon.url, load, seconds);
  const elapsedMs = performance.now() - begin;
  const { rows } = reading;
  reading.stop();
  await read;
  const peakMemoryMb = daemon.readPeakMemoryMb();
  await daemon.stop();
  const readPerSecond = rows === 0 ? undefined : (rows / elapsedMs) * 1000;
  return { ...result, peakMemoryMb, warnings: daemon.warnings, readPerSecond };
}

/** A replay and an export of everything, in parallel; each restarts when it ends. */
class Reading {
  rows = 0;
  readonly #stopping = new AbortController();
  readonly #http: string;
  #replay: WebSocket | undefined;

  constructor(
    readonly url: string,
    readonly path: string,
  ) {
    this.#http = url.replace("ws:", "http:");
  }

  async run(reader: Reader): Promise<void> {
    if (reader === "nobody") return;
    const work =
      reader === "the daemon"
        ? [() => this.#replayAll(), () => this.#download()]
        : [() => this.#print("messages"), () => this.#print("csv")];
    await Promise.all(work.map((one) => this.#repeat(one)));
  }

  stop(): void {
    this.#stopping.abort();
    this.#replay?.terminate();
  }

  async #repeat(work: () => Promise<void>): Promise<void> {
    while (!this.#isStopping()) {
      try {
        await work();
      } catch (error) {
        if (!this.#isStopping()) throw error;
      }
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Replays one session after another, each over a new connection. */
  async #replayAll(): Promise<void> {
    const response = await fetch(`${this.#http}/api/sessions?format=ndjson`, this.#stopping);
    const sessions = (await response.text()).split("\n").filter((line) => line !== "");
    for (const line of sessions) {
      if (this.#isStopping()) return;
      const { session_id } = JSON.parse(line) as { session_id: string };
      const socket = new WebSocket(`${this.url}/replay?session=${session_id}`, { perMessageDeflate: false });
      this.#replay = socket;
      await new Promise<void>((resolve, reject) => {
        socket.on("message", (frame: Buffer) => {
          if (frame.includes('"seq"')) this.rows += 1;
          if (frame.includes('"state":"ended"')) socket.close();
        });
        socket.on("error", reject).on("close", () => {
          resolve();
        });
      });
    }
  }

  async #download(): Promise<void> {
    const response = await fetch(`${this.#http}/api/export?all=true&format=csv`, this.#stopping);
    if (!response.ok || response.body === null)
      throw new Error(`The export failed: ${await response.text()}`);
    for await (const chunk of response.body) this.rows += countLines(chunk as Uint8Array);
  }

  async #print(format: string): Promise<void> {
    const folder = await TemporaryDatabases.make();
    const file = `${folder.newPath()}.${format}`;
    const child = startTelltale([
      ...["export", "--all", "--db", this.path, "--format", format, "--to", file],
    ]);
    child.stdout.resume();
    child.stderr.resume();
    const ended = whenEnded(child);
    const stopped = once(this.#stopping.signal, "abort");
    await Promise.race([ended, stopped]);
    child.kill("SIGKILL");
    await ended;
    await folder.remove();
  }
}

function countLines(chunk: Uint8Array): number {
  let lines = 0;
  for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
  return lines;
}
