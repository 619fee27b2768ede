import { type ReadOnlyStore, maximumInteger, placeholder, query } from "../database/index.js";
import { type FramedMessage, type MessageFilter, TimeSlice, streamMessages } from "../queries/index.js";
import { type Clock, monotonicClock } from "./clock.js";
import { readAhead } from "./read-ahead.js";
import { Schedule } from "./schedule.js";

export interface ReplayOptions {
  /** Which messages. */
  readonly filter?: MessageFilter;
  /** 1 is the session's own time, 10 ten times as fast; Infinity, without waiting, by default. */
  readonly speed?: number;
  /** Whether to go on with messages that are committed later. */
  readonly isFollowing?: boolean;
  readonly clock?: Clock;
}

export type ReplayState = "playing" | "paused" | "ended";

/** How often a replay that follows looks for new messages. */
const pollEveryMs = 100;

/** Where a replay goes on; another object after every seek. */
interface Place {
  /** The seq after which it goes on. */
  readonly after: number;
}

/**
 * A session that is played again: its messages in the order of seq, each when it is due. It only reads, page by page, the next
 * message while the one before waits for its time.
 */
export class Replay {
  readonly #filter: MessageFilter;
  readonly #isFollowing: boolean;
  readonly #clock: Clock;
  readonly #schedule: Schedule;
  #place: Place = { after: 0 };
  #isEnded = false;
  #seq = 0;
  /** Aborted, and replaced, by whatever a sleeper must look at. */
  #change = new AbortController();

  /** @param masterId the session's unique_id in master. */
  constructor(
    readonly database: ReadOnlyStore,
    readonly masterId: number,
    { filter = {}, speed = Infinity, isFollowing = false, clock = monotonicClock }: ReplayOptions = {},
  ) {
    this.#filter = filter;
    this.#isFollowing = isFollowing;
    this.#clock = clock;
    this.#schedule = new Schedule(speed, clock.now());
  }

  /** The seq of the message that was given last; before the first, and after a seek, that of the one before the place. */
  get seq(): number {
    return this.#seq;
  }

  get speed(): number {
    return this.#schedule.speed;
  }

  get state(): ReplayState {
    if (this.#isEnded) return "ended";
    return this.#schedule.isPaused ? "paused" : "playing";
  }

  /**
   * Plays from where it is to the end; one that follows has no end. May be called again after a seek.
   *
   * @param give takes a message, when it is due, and gives a promise where the next one must wait: so long the session's time stands
   *   still.
   * @param signal ends it, with no message given after that.
   * @throws DatabaseError `bad_argument` for a filter that is none, `unknown_session` when the session was deleted meanwhile,
   *   `unavailable` when the database cannot be read now.
   */
  async play(
    give: (message: FramedMessage) => Promise<unknown> | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const wake = () => {
      this.#noteChange();
    };
    signal.addEventListener("abort", wake);
    try {
      this.#schedule.jump(this.#clock.now());
      for (let place: Place | undefined; place !== this.#place && !signal.aborted;) {
        place = this.#place;
        this.#isEnded = false;
        await this.#playFrom(place, give, signal);
      }
      this.#isEnded = !signal.aborted;
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  pause(): void {
    this.#schedule.pause(this.#clock.now());
    this.#noteChange();
  }

  resume(): void {
    this.#schedule.resume(this.#clock.now());
    this.#noteChange();
  }

  setSpeed(speed: number): void {
    this.#schedule.setSpeed(speed, this.#clock.now());
    this.#noteChange();
  }

  /**
   * Goes to the first message with this seq or a later one, or received at this time or later; it is due at once. Messages that
   * the filter leaves out stay left out. Beyond the last message is the end.
   *
   * @param target a seq, as digits, or a time.
   * @throws DatabaseError as {@link play} does; then it goes on as if nothing had been asked.
   */
  async seek(target: string): Promise<void> {
    const after = await this.#findPlace(target);
    this.#place = { after };
    this.#seq = after;
    this.#isEnded = false;
    this.#schedule.jump(this.#clock.now());
    this.#noteChange();
  }

  /** Resolves when a replay that has ended was told to go elsewhere, or `signal` is aborted. */
  async whenMoved(signal: AbortSignal): Promise<void> {
    const either = () => AbortSignal.any([signal, this.#change.signal]);
    while (this.#isEnded && !signal.aborted) await this.#clock.sleep(Infinity, either());
  }

  async #playFrom(
    place: Place,
    give: (message: FramedMessage) => Promise<unknown> | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const isHere = () => this.#place === place && !signal.aborted;
    let turn = new TimeSlice(this.database);
    for await (const message of readAhead(this.#read(place, isHere))) {
      if (!isHere()) return;
      this.#schedule.add(readTimestamp(message.timestamp));
      for (;;) {
        const waitMs = this.#schedule.dueMs - this.#clock.now();
        if (!(waitMs > 0) || !isHere()) break;
        await this.#clock.sleep(waitMs, this.#change.signal);
        turn = new TimeSlice(this.database);
      }
      // Nothing may come between this look and the message: whoever paused it must get none.
      if (!isHere()) return;
      this.#seq = message.seq;
      const taken = give(message);
      if (taken !== undefined) await this.#hold(taken);
      else await turn.end();
    }
  }

  /** Keeps the session's time standing still until a slow reader has taken a message. */
  async #hold(taken: Promise<unknown>): Promise<void> {
    const beginMs = this.#clock.now();
    await taken;
    this.#schedule.delay(this.#clock.now() - beginMs);
  }

  async *#read(
    { after: start }: Place,
    isHere: () => boolean,
  ): AsyncGenerator<FramedMessage, undefined, undefined> {
    for (let after = start; ;) {
      // Read first: what is committed meanwhile is found by the next look.
      const last = this.#isFollowing ? await this.#readLastSeq() : undefined;
      for await (const message of streamMessages(this.database, this.masterId, this.#filter, after)) {
        yield message;
        after = message.seq;
      }
      if (last === undefined) return undefined;
      after = Math.max(after, last);
      for (;;) {
        await this.#clock.sleep(pollEveryMs, this.#change.signal);
        if (!isHere()) return undefined;
        const now = await this.#readLastSeq();
        // Where the session is gone, reading on says so.
        if (now === undefined || now > after) break;
      }
    }
  }

  /** The seq of the session's last message; undefined when the session is gone. */
  async #readLastSeq(): Promise<number | undefined> {
    const [row] = await this.database.readScope((manager) =>
      query<{ last_seq: number }>(
        manager,
        `select last_seq from master where unique_id = ${placeholder(manager, 0)}`,
        [this.masterId],
      ),
    );
    return row?.last_seq;
  }

  async #findPlace(target: string): Promise<number> {
    if (/^\d+$/.test(target)) return Math.max(0, Math.min(Number(target), maximumInteger) - 1);
    const found = streamMessages(this.database, this.masterId, { ...this.#filter, from: target });
    for await (const { seq } of found) return seq - 1;
    return (await this.#readLastSeq()) ?? 0;
  }

  #noteChange(): void {
    this.#change.abort();
    this.#change = new AbortController();
  }
}

/** The ms of a timestamp, of which only differences count: AEPsych's have no zone, and must not take one with summer time. */
function readTimestamp(timestamp: string | null): number | undefined {
  if (timestamp === null) return undefined;
  const ms = Date.parse(/(?:Z|[+-]\d{2}:?\d{2})$/i.test(timestamp) ? timestamp : `${timestamp}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
