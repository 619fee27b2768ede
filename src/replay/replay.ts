import { type ReadOnlyStore, maximumInteger, placeholder, query } from "../database/index.js";
import { type FramedMessage, type MessageFilter, TimeSlice, streamMessages } from "../queries/index.js";
import { type Clock, monotonicClock } from "./clock.js";
import { readAhead } from "./read-ahead.js";
import { Schedule } from "./schedule.js";
import { SessionTimes, type TimeBasis } from "./session-times.js";

export interface ReplayOptions {
  /** Selects the messages. */
  readonly filter?: MessageFilter;
  /** 1 is the session's own pace, 10 ten times as fast; Infinity, the default, never waits. */
  readonly speed?: number;
  /** Whether to continue with messages that are committed later. */
  readonly isFollowing?: boolean;
  /** Which times it follows; "occurred" by default. */
  readonly by?: TimeBasis;
  readonly clock?: Clock;
}

export type ReplayState = "playing" | "paused" | "ended";

/** How often a replay that follows a live session looks for new messages. */
const pollEveryMs = 100;

/** Where a replay continues; a new object after every seek. */
interface Place {
  /** The seq after which it continues. */
  readonly after: number;
}

/**
 * Replays a session: its messages in the order of seq, each when it is due. It reads page by page, and fetches the next message
 * while the current one waits for its time.
 */
export class Replay {
  readonly #filter: MessageFilter;
  readonly #isFollowing: boolean;
  readonly #clock: Clock;
  readonly #schedule: Schedule;
  readonly #times: SessionTimes;
  #place: Place = { after: 0 };
  #isEnded = false;
  #seq = 0;
  /** Aborted, and replaced, when something changes that wakes a sleeping replay. */
  #change = new AbortController();

  /** @param masterId the session's unique_id in master. */
  constructor(
    readonly store: ReadOnlyStore,
    readonly masterId: number,
    {
      filter = {},
      speed = Infinity,
      isFollowing = false,
      by = "occurred",
      clock = monotonicClock,
    }: ReplayOptions = {},
  ) {
    this.#times = new SessionTimes(by);
    this.#filter = filter;
    this.#isFollowing = isFollowing;
    this.#clock = clock;
    this.#schedule = new Schedule(speed, clock.now());
  }

  /** The seq of the message delivered last; after a seek, the seq just before the target; 0 at the start. */
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
   * Plays from the current place to the end; a replay that follows a live session has no end. May be called again after a seek.
   *
   * @param deliver receives each message when it is due. If it returns a promise, session time stands still, and the next message
   *   waits, until it resolves.
   * @param signal ends the replay; no message is delivered after that.
   * @param prepare does what takes long before a message is delivered, while the one before it waits for its time.
   * @throws DatabaseError `bad_argument` for an invalid filter, `unknown_session` if the session was deleted meanwhile,
   *   `unavailable` when the database cannot be read now.
   */
  async play<Prepared = undefined>(
    deliver: (message: FramedMessage, prepared: Prepared) => Promise<unknown> | undefined,
    signal: AbortSignal,
    prepare: (message: FramedMessage) => Promise<Prepared> = () => Promise.resolve(undefined as Prepared),
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
        await this.#playFrom(place, deliver, signal, prepare);
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
   * Moves to the first message with this seq or a later one, or received at this time or later; it is due at once. The filter still
   * applies. A target after the last message is the end.
   *
   * @param target a seq, as digits, or a time.
   * @throws DatabaseError as {@link play} does; the replay then continues as before.
   */
  async seek(target: string): Promise<void> {
    const after = await this.#findPlace(target);
    this.#place = { after };
    this.#seq = after;
    this.#isEnded = false;
    this.#schedule.jump(this.#clock.now());
    this.#noteChange();
  }

  /** Resolves when an ended replay has moved to another place, or `signal` is aborted. */
  async whenMoved(signal: AbortSignal): Promise<void> {
    const either = () => AbortSignal.any([signal, this.#change.signal]);
    while (this.#isEnded && !signal.aborted) await this.#clock.sleep(Infinity, either());
  }

  async #playFrom<Prepared>(
    place: Place,
    deliver: (message: FramedMessage, prepared: Prepared) => Promise<unknown> | undefined,
    signal: AbortSignal,
    prepare: (message: FramedMessage) => Promise<Prepared>,
  ): Promise<void> {
    const isCurrent = () => this.#place === place && !signal.aborted;
    let slice = new TimeSlice(this.store);
    for await (const [message, prepared] of readAhead(prepareEach(this.#read(place, isCurrent), prepare))) {
      if (!isCurrent()) return;
      this.#schedule.add(this.#times.next(message));
      for (;;) {
        const waitMs = this.#schedule.dueMs - this.#clock.now();
        if (!(waitMs > 0) || !isCurrent()) break;
        await this.#clock.sleep(waitMs, this.#change.signal);
        slice = new TimeSlice(this.store);
      }
      // Do not await between this check and the delivery: after a pause, no message may follow.
      if (!isCurrent()) return;
      this.#seq = message.seq;
      const delivered = deliver(message, prepared);
      if (delivered !== undefined) await this.#hold(delivered);
      else await slice.end();
    }
  }

  /** Stops session time until a slow reader has received a message. */
  async #hold(delivered: Promise<unknown>): Promise<void> {
    const startMs = this.#clock.now();
    await delivered;
    this.#schedule.delay(this.#clock.now() - startMs);
  }

  async *#read(
    { after: start }: Place,
    isCurrent: () => boolean,
  ): AsyncGenerator<FramedMessage, undefined, undefined> {
    for (let after = start; ;) {
      // Read this first: the next check then finds what is committed meanwhile.
      const last = this.#isFollowing ? await this.#readLastSeq() : undefined;
      for await (const message of streamMessages(this.store, this.masterId, this.#filter, after)) {
        yield message;
        after = message.seq;
      }
      if (last === undefined) return undefined;
      after = Math.max(after, last);
      for (;;) {
        await this.#clock.sleep(pollEveryMs, this.#change.signal);
        if (!isCurrent()) return undefined;
        const now = await this.#readLastSeq();
        // If the session is gone, reading it reports that.
        if (now === undefined || now > after) break;
      }
    }
  }

  /** The seq of the session's last message; undefined if the session is gone. */
  async #readLastSeq(): Promise<number | undefined> {
    const [row] = await this.store.readScope((manager) =>
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
    const found = streamMessages(this.store, this.masterId, { ...this.#filter, from: target });
    for await (const { seq } of found) return seq - 1;
    return (await this.#readLastSeq()) ?? 0;
  }

  #noteChange(): void {
    this.#change.abort();
    this.#change = new AbortController();
  }
}
async function* prepareEach<Prepared>(
  messages: AsyncGenerator<FramedMessage, undefined, undefined>,
  prepare: (message: FramedMessage) => Promise<Prepared>,
): AsyncGenerator<[FramedMessage, Prepared], undefined, undefined> {
  for await (const message of messages) yield [message, await prepare(message)];
  return undefined;
}
