import type { ClockEstimate, ClockReply, ErrorReply, StoredReply } from "../../protocol/index.js";
import { OffsetEstimator } from "./offset-estimator.js";
import { ProbeSchedule } from "./probe-schedule.js";
import { type ClientTimes, JumpDetector, measureResolution, timesOfPlatform } from "./steady-time.js";

/** Messages wait no longer than this for the answer to the first probe. */
const answerWithinMs = 5000;

/** What the ids of probes begin with: those of messages are UUIDs. */
const probePrefix = "clock-";

/** What a clock asks of its connection. */
export interface ClockActions {
  send(probe: { readonly type: "clock"; readonly sent_at: number; readonly id: string }): void;
  /** Called when {@link ClientClock.checkReady} becomes true. */
  onReady(): void;
}

/** The members of a request that say when it was made. */
export interface Stamp {
  readonly sent_at: number;
  readonly clock?: ClockEstimate;
}

/** Knows the daemon's clock: probes it over the connection, and stamps messages. */
export class ClientClock {
  readonly #times: ClientTimes;
  readonly #actions: ClockActions;
  readonly #estimator: OffsetEstimator;
  readonly #jumps: JumpDetector;
  readonly #schedule = new ProbeSchedule();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;
  #isReady = false;
  /** Whether the samples are of an earlier connection, for which the daemon may have had another clock. */
  #isOutdated = false;
  #probes = 0;
  /** The messages whose frames have no offset, and when they were made. */
  readonly #unstamped = new WeakMap<object, number>();

  constructor(actions: ClockActions, times: ClientTimes = timesOfPlatform) {
    this.#actions = actions;
    this.#times = times;
    this.#estimator = new OffsetEstimator(measureResolution(() => times.steady()));
    this.#jumps = new JumpDetector(times);
  }

  /** Whether messages need not wait for an answer: there is one, or the daemon gives none. */
  checkReady(): boolean {
    this.#checkJump();
    return this.#isReady;
  }

  /** A connection opened: sends the first probe over it. */
  open(): void {
    this.#isOpen = true;
    this.#isOutdated = true;
    this.#synchronize();
  }

  /** The connection is lost or closed. */
  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#patience);
  }

  /** The time for a new message, and the offset as far as it is known. */
  stamp(): Stamp {
    this.#checkJump();
    const sentAt = this.#times.steady();
    const clock = this.#estimator.estimate(sentAt);
    return clock === undefined ? { sent_at: sentAt } : { sent_at: sentAt, clock };
  }

  /** Notes that a message was encoded with a stamp that has no offset. */
  noteUnstamped(message: object, { sent_at: sentAt, clock }: Stamp): void {
    if (clock === undefined) this.#unstamped.set(message, sentAt);
  }

  /**
   * Notes that a message is being sent; returns the offset for it if its frame has none. A message of an earlier run has its time from
   * a clock that is gone.
   */
  noteMessage(message: object): ClockEstimate | undefined {
    this.#schedule.noteMessage(this.#times.steady());
    const sentAt = this.#unstamped.get(message);
    return sentAt === undefined || !this.#isReady ? undefined : this.#estimator.estimate(sentAt);
  }

  /** Takes a reply if it answers a probe; returns whether it does. */
  take(reply: StoredReply | ErrorReply | ClockReply): boolean {
    const arrivedAt = this.#times.steady();
    if (reply.type !== "clock" || reply.id?.startsWith(probePrefix) !== true) return false;
    // The time of a probe that was on its way during a jump is wrong.
    this.#checkJump();
    if (reply.id !== this.#probeId) return true;
    if ("answered_at" in reply) {
      if (this.#isOutdated) this.#estimator.clear();
      this.#isOutdated = false;
      const { sent_at: sentAt, received_at: receivedAt, answered_at: answeredAt } = reply;
      this.#estimator.add({ sentAt, receivedAt, answeredAt, arrivedAt });
      this.#schedule.noteAnswer(arrivedAt);
      this.#plan();
    } else {
      // An older daemon takes the probe for a message: send it no more of them.
      this.#estimator.clear();
      clearTimeout(this.#timer);
    }
    this.#becomeReady();
    return true;
  }

  get #probeId(): string {
    return `${probePrefix}${this.#probes}`;
  }

  /** What is known counts no more: probes at once, and lets messages wait for the answer. */
  #synchronize(): void {
    this.#isReady = false;
    if (!this.#isOpen) return;
    this.#schedule.begin(this.#times.steady());
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      this.#becomeReady();
    }, answerWithinMs);
    this.#plan();
  }

  #checkJump(): void {
    if (!this.#jumps.check()) return;
    this.#estimator.clear();
    this.#synchronize();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    const waitMs = this.#schedule.waitMs(this.#times.steady());
    if (waitMs <= 0) {
      this.#probe();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#checkJump();
      this.#plan();
    }, waitMs);
  }

  #probe(): void {
    this.#probes += 1;
    const sentAt = this.#times.steady();
    this.#schedule.noteProbe(sentAt);
    this.#actions.send({ type: "clock", sent_at: sentAt, id: this.#probeId });
    this.#plan();
  }

  #becomeReady(): void {
    clearTimeout(this.#patience);
    if (this.#isReady) return;
    this.#isReady = true;
    this.#actions.onReady();
  }
}
