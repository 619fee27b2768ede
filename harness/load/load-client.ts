import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { Client } from "../client.js";
import { type Coding, encode, makeSetup, makeTell } from "./workload.js";

// What a reply says when all is well. Looking for these bytes costs the load generator next to nothing in either coding; it
// shares its cores with the daemon, so decoding every reply would distort the measurement.
const okIn = {
  json: Buffer.from('"ok":true'),
  messagepack: Buffer.from([0xa2, ...Buffer.from("ok"), 0xc3]),
} as const satisfies Record<Coding, Buffer>;

/** A client with a session of its own: idle after {@link begin}, busy after {@link run}. */
export class LoadClient {
  /** How long each tell took from sending to acknowledgement, in ms; cleared by the caller. */
  readonly latenciesMs: number[] = [];
  readonly #client: Client;
  readonly #session = randomUUID();
  /** When the tells that are not answered yet were sent; replies come in the order of the requests. */
  readonly #sentAt: number[] = [];
  #trial = 0;
  #isEnding = false;
  #isSteady = false;
  #onReply: (reply: Buffer) => void = () => undefined;
  #onLastReply: (() => void) | undefined;

  private constructor(
    url: string,
    readonly coding: Coding,
  ) {
    this.#client = Client.open(url, coding, {
      onReply: (reply) => {
        this.#onReply(reply);
      },
    });
    // Thrown in a listener it ends the process: a number from a load that was cut short would be wrong.
    this.#client.socket.on("close", (code) => {
      if (!this.#isEnding || this.#sentAt.length > 0) {
        throw new Error(`The daemon closed a connection with ${code}.`);
      }
    });
  }

  /** Connects and sets up a session. */
  static async begin(url: string, coding: Coding): Promise<LoadClient> {
    const client = new LoadClient(url, coding);
    await once(client.#client.socket, "open");
    const reply = new Promise<Buffer>((resolve) => (client.#onReply = resolve));
    client.#client.sendFrame(encode(makeSetup(client.#session), coding));
    client.#check(await reply);
    return client;
  }

  /** Sends tells from now on, and keeps `inFlight` of them unanswered until the end. */
  run(inFlight: number): void {
    this.#onReply = (reply) => {
      this.#acknowledge(reply);
    };
    for (let count = 0; count < inFlight; count += 1) this.#tell();
  }

  /**
   * Sends a tell every so often from now on, whatever is answered, until the end.
   *
   * @param everyMs the time from one tell to the next.
   * @param phase which part of that time passes before the first.
   */
  runSteadily(everyMs: number, phase: number): void {
    this.#onReply = (reply) => {
      this.#acknowledge(reply);
    };
    this.#isSteady = true;
    let dueAt = performance.now() + everyMs * phase;
    const timer = setInterval(() => {
      if (this.#isEnding) clearInterval(timer);
      // A timer that came late has more than one to send.
      else for (; dueAt <= performance.now(); dueAt += everyMs) this.#tell();
    }, 1);
  }

  /** Waits for the replies that are still to come, and closes the connection. */
  async end(): Promise<void> {
    this.#isEnding = true;
    if (this.#sentAt.length > 0) await new Promise<void>((resolve) => (this.#onLastReply = resolve));
    await this.#client.close();
  }

  #tell(): void {
    this.#trial += 1;
    const frame = encode(makeTell(this.#session, this.#trial), this.coding);
    this.#sentAt.push(performance.now());
    this.#client.sendFrame(frame);
  }

  #acknowledge(reply: Buffer): void {
    this.#check(reply);
    this.latenciesMs.push(performance.now() - (this.#sentAt.shift() ?? NaN));
    if (this.#isEnding && this.#sentAt.length === 0) this.#onLastReply?.();
    else if (!this.#isEnding && !this.#isSteady) this.#tell();
  }

  #check(reply: Buffer): void {
    if (!reply.includes(okIn[this.coding])) throw new Error(`A message failed: ${reply.toString()}`);
  }
}
