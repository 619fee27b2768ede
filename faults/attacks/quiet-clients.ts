import { setTimeout as pause } from "node:timers/promises";
import { Client } from "../../harness/client.js";
import type { DaemonProcess } from "../../harness/daemon-process.js";
import { quantile } from "../../harness/statistics.js";
import type { Ledger } from "../ledger.js";
import { makeSetup } from "../messages.js";
import type { Random } from "../random.js";

/** How often each client sends a tell. */
const everyMs = 20;

/** How long the clients waited for acknowledgements. */
export interface Waits {
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** Clients of experiments that send a tell every 20 ms, each with a session of its own, and measure when it is acknowledged. */
export class QuietClients {
  readonly #numbers: number[];

  private constructor(
    readonly clients: readonly Client[],
    readonly sessions: readonly string[],
    readonly ledger: Ledger,
  ) {
    this.#numbers = clients.map(() => 0);
  }

  /** Connects, and begins a session each. */
  static async connect(
    { url }: DaemonProcess,
    random: Random,
    ledger: Ledger,
    { count = 1, headers = {} }: { count?: number; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<QuietClients> {
    const sessions = Array.from({ length: count }, () => random.uuid());
    const clients = await Promise.all(sessions.map(() => Client.connect(url, "json", { headers })));
    const quiet = new QuietClients(clients, sessions, ledger);
    await Promise.all(clients.map((_, index) => quiet.#send(index, (id, session) => makeSetup(id, session))));
    return quiet;
  }

  /** Measures until `work` is over. */
  async measureDuring(work: Promise<unknown>): Promise<Waits> {
    const state = { isOver: false };
    const finished = work.finally(() => (state.isOver = true));
    const waits: number[] = [];
    const measure = async (_: Client, index: number) => {
      // At least once: a short piece of work may be over before the first acknowledgement.
      do {
        const from = performance.now();
        await this.#send(index, (id) => ({
          type: "tell",
          id,
          message: { config: { x: [1], y: [1] }, outcome: 1 },
        }));
        waits.push(performance.now() - from);
        await pause(everyMs);
      } while (!state.isOver);
    };
    await Promise.all([finished, ...this.clients.map(measure)]);
    return { p99Ms: quantile(waits, 0.99), longestMs: quantile(waits, 1) };
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }

  async #send(index: number, make: (id: string, session: string) => object): Promise<void> {
    const [client, session = ""] = [this.clients[index], this.sessions[index]];
    const id = `quiet-${(this.#numbers[index] = (this.#numbers[index] ?? 0) + 1)}`;
    const frame = JSON.stringify(make(id, session));
    this.ledger.noteSent(session, id, frame);
    client?.sendFrame(frame);
    const { seq } = (await client?.reply()) ?? {};
    if (typeof seq === "number") this.ledger.noteAcknowledged(session, id, seq);
    else this.ledger.contradictions.push(`${id} of a quiet client was refused.`);
  }
}
