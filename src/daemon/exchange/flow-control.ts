/** A transport that can stop reading from its client. */
export interface Pausable {
  pause(): void;
  resume(): void;
}

/** How much of a client may wait for its reply before no more is read from it; frames that are already read are taken all the same. */
export interface FlowLimits {
  readonly maximumMessagesInFlight: number;
  readonly maximumBytesInFlight: number;
}

/** Why a client is not read: "replies" (it does not read them) is its own doing, the others are telltale's. */
export type Hold = "queue" | "in flight" | "replies" | "rejections";

/** Pauses a client while there is a reason to, and resumes it when there is none. */
export class FlowControl {
  readonly #holds = new Set<Hold>();
  #messages = 0;
  #bytes = 0;
  #slowed: NodeJS.Timeout | undefined;
  #isFrozen = false;
  #wasHeldHere = false;

  constructor(
    readonly limits: FlowLimits,
    readonly transport: Pausable,
  ) {}

  /** Begins or ends a reason not to read. */
  hold(reason: Hold, isOn: boolean): void {
    if (isOn === this.#holds.has(reason) || (isOn && this.#isFrozen)) return;
    if (isOn) this.#holds.add(reason);
    else this.#holds.delete(reason);
    this.#wasHeldHere ||= this.#isHeldHere;
    if (this.#holds.size > 0) this.transport.pause();
    else this.transport.resume();
  }

  /** Counts a message that was taken. */
  begin(bytes: number): void {
    this.#count(1, bytes);
  }

  /** Counts the reply to a message that was taken. */
  end(bytes: number): void {
    this.#count(-1, -bytes);
  }

  /** Reads nothing for a while from a client that has too many messages rejected. */
  slowDown(pauseMs: number): void {
    if (pauseMs === 0 || this.#isFrozen) return;
    this.hold("rejections", true);
    clearTimeout(this.#slowed);
    this.#slowed = setTimeout(() => {
      this.hold("rejections", false);
    }, pauseMs);
  }

  /** Whether the client was not read, for no fault of its own, at any time since the last call. */
  checkHeldHere(): boolean {
    const isHeldHere = this.#isHeldHere;
    const wasHeldHere = this.#wasHeldHere || isHeldHere;
    this.#wasHeldHere = isHeldHere;
    return wasHeldHere;
  }

  /** Begins no more holds; those that there are still end. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** Reads on, whatever the reasons not to: a paused client's answer to the close would not be heard. */
  release(): void {
    this.freeze();
    this.clearTimer();
    this.#holds.clear();
    this.transport.resume();
  }

  /** Leaves nothing behind that would keep the process alive. */
  clearTimer(): void {
    clearTimeout(this.#slowed);
  }

  #count(messages: number, bytes: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
    const { maximumMessagesInFlight, maximumBytesInFlight } = this.limits;
    // Once paused, half must be answered: resuming after each reply would wake the socket for each.
    const share = this.#holds.has("in flight") ? 0.5 : 1;
    this.hold(
      "in flight",
      this.#messages > maximumMessagesInFlight * share || this.#bytes > maximumBytesInFlight * share,
    );
  }

  get #isHeldHere(): boolean {
    return [...this.#holds].some((hold) => hold !== "replies");
  }
}
