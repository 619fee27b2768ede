import { once } from "node:events";
import { unpack } from "msgpackr";
import { WebSocket } from "ws";
import { encode } from "../../harness/load/workload.js";
import { readMemoryMb } from "../../harness/process-memory.js";
import type { Fault, FaultContext } from "../fault.js";
import type { Findings } from "../findings.js";
import { Laboratory } from "../laboratory.js";
import { type Ledger, digestOf } from "../ledger.js";
import { makeMessage, makeSetup } from "../messages.js";
import { type HostileFrame, mutateFrame } from "../mutate-frame.js";
import type { Random } from "../random.js";

const framesARound = 1000;
const sockets = 8;
/** The number of unanswered frames that each socket keeps in flight. */
const inFlight = 64;
/** The number of frames after which a socket is replaced by a new one. */
const framesASocket = 5000;
/** With fewer frames than this, memory figures mean nothing. */
const framesForMemory = 200_000;
/** The allowed growth of the daemon's memory from the second to the last quarter. */
const allowedGrowth = 1.2;
const answeredWithinMs = 60_000;
/** Disables the door's throttling of clients whose messages are rejected. */
const daemon = { flags: ["--max-rejected-per-minute", "1000000000"] };

export const hostileFrames: Fault = {
  name: "hostile-frames",
  title: "hostile frames",
  how: "valid frames with one to four random faults, JSON and MessagePack, on eight live sockets; an experiment goes on beside them",
  unit: "× 1,000 frames",
  rounds: 1000,
  run: attack,
};

async function attack(context: FaultContext): Promise<Findings> {
  const frames = context.rounds * framesARound;
  const laboratory = await Laboratory.open(context, { clients: 1, daemon });
  const { findings, ledger } = laboratory;
  const { pid } = laboratory.daemon.child;
  /** The daemon's memory at each hundredth of the frames. */
  const memoryMb: number[] = [];
  let [left, sent] = [frames, 0];
  const takeFrames = () => {
    const count = Math.min(left, framesASocket);
    left -= count;
    return count;
  };
  const onFrame = () => {
    sent += 1;
    if (sent % Math.ceil(frames / 100) === 0) memoryMb.push(readMemoryMb(pid) ?? NaN);
    if (sent % 50_000 === 0)
      context.note(`${sent} of ${frames} frames, the daemon uses ${Math.round(memoryMb.at(-1) ?? NaN)} MB`);
  };
  try {
    const attackInTurn = async (_: unknown, lane: number) => {
      const random = context.random.fork(`lane ${lane}`);
      for (let count = takeFrames(); count > 0; count = takeFrames()) {
        const attacker = new Attacker(laboratory.daemon.url, ledger, random, onFrame);
        await attacker.run(count);
      }
    };
    await Promise.all(Array.from({ length: sockets }, attackInTurn));
    await laboratory.untilGoingOn();
    if (frames >= framesForMemory) judgeMemory(memoryMb, findings);
    return await laboratory.close();
  } catch (error) {
    await laboratory.abandon();
    throw error;
  }
}

function judgeMemory(memoryMb: readonly number[], findings: Findings): void {
  const most = (from: number, to: number) => Math.round(Math.max(...memoryMb.slice(from, to)));
  const quarters = [most(0, 25), most(25, 50), most(50, 75), most(75, 100)];
  findings.notes.push(`the daemon used at most ${quarters.join(", ")} MB in the four quarters`);
  if ((quarters[3] ?? NaN) > (quarters[1] ?? NaN) * allowedGrowth)
    findings.report(`The daemon's memory grew: ${quarters.join(", ")} MB in the four quarters.`);
}

/** A client that sends mutated frames one after another and checks the replies. */
class Attacker {
  readonly #session: string;
  readonly #socket: WebSocket;
  readonly #isBinary: boolean;
  readonly #valid: readonly HostileFrame[];
  /** The digests of the unanswered frames. */
  readonly #awaited: string[] = [];
  #left = 0;

  constructor(
    url: string,
    readonly ledger: Ledger,
    readonly random: Random,
    readonly onFrame: () => void,
  ) {
    this.#session = random.uuid();
    this.#isBinary = random.chance(0.5);
    this.#valid = this.#makeValid();
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
  }

  /** Sends this many frames; resolves when all are answered. */
  async run(count: number): Promise<void> {
    this.#left = count;
    const socket = this.#socket;
    await once(socket, "open");
    socket.on("message", (frame: Buffer, isBinary) => {
      this.#take((isBinary ? unpack(frame) : JSON.parse(frame.toString())) as HostileReply);
      this.#fill();
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, answeredWithinMs + count)));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    this.#fill();
    await Promise.race([closed, late]);
    clearTimeout(timer);
    if (this.#awaited.length > 0) this.#contradict(`${this.#awaited.length} frames were never answered`);
    socket.terminate();
  }

  #fill(): void {
    while (this.#left > 0 && this.#awaited.length < inFlight) {
      this.#left -= 1;
      // The first frame sets up the session; a few of the others stay valid.
      const isFirst = this.#valid[0] !== undefined && !this.ledger.sessions.has(this.#session);
      const valid = isFirst ? this.#valid[0] : this.random.pick(this.#valid);
      if (valid === undefined) return;
      const isKept = isFirst || this.random.chance(0.05);
      const { bytes, isBinary } = isKept ? valid : mutateFrame(this.random, valid, this.#valid);
      if (isFirst) this.ledger.session(this.#session);
      this.#awaited.push(digestOf(bytes));
      this.#socket.send(bytes, { binary: isBinary });
      this.onFrame();
    }
    if (this.#left === 0 && this.#awaited.length === 0) this.#socket.close();
  }

  #take({ ok, stored, duplicate, id, session, seq, code }: HostileReply): void {
    const digest = this.#awaited.shift();
    if (digest === undefined) this.#contradict("a reply came to nothing");
    else if (stored) {
      if (id === undefined || session === undefined || seq === undefined)
        this.#contradict("a stored message has no place");
      else {
        // A resent message may have another coding; the database keeps the first frame.
        if (duplicate !== true) this.ledger.session(session).sent.set(id, digest);
        this.ledger.noteAcknowledged(session, id, seq);
      }
    } else if (ok || code === undefined || code === "internal" || code === "unavailable")
      this.#contradict(`a frame was answered with ${code ?? "ok"} and is not stored`);
  }

  #makeValid(): HostileFrame[] {
    const { random } = this;
    const messages = Array.from({ length: 40 }, (_, index) => makeMessage(random, `message-${index}`, index));
    const others = [
      { type: "resume", id: "resume", message: { session: this.#session } },
      { type: "setup", message: { config_dict: { common: { stimuli_per_trial: 2 } } } },
      { type: "exit", session: this.#session },
    ];
    return [makeSetup("setup", this.#session), ...messages, ...others].map((message) => ({
      bytes: Buffer.from(encode(message, this.#isBinary ? "messagepack" : "json")),
      isBinary: this.#isBinary,
    }));
  }

  #contradict(what: string): void {
    this.ledger.contradictions.push(`An attacker's session ${this.#session}: ${what}.`);
  }
}

interface HostileReply {
  readonly ok: boolean;
  readonly stored: boolean;
  readonly duplicate?: boolean;
  readonly id?: string;
  readonly session?: string;
  readonly seq?: number;
  readonly code?: string;
}
