import type { Pending } from "./pending.js";
import { WaitingLine } from "./waiting-line.js";

/** Messages, and bytes of messages, that may be on their way at once; a single message may always be. */
const maximumInFlight = 256;
const maximumBytesInFlight = 1024 * 1024;

/** The waiting messages in their order, and the rules that say which of them may be on their way. */
export class SendWindow {
  readonly line = new WaitingLine<Pending>();
  #bytesInFlight = 0;
  /** Nothing overtakes a setup: if the daemon refuses it, the messages after it must not be sent. */
  #isSettingUp = false;
  /** The number of messages to send one by one, to find the one that is too large or that ends the daemon. */
  #sendOneByOne = 0;

  /**
   * Takes the next message that may be sent now; it counts as sent.
   *
   * @param maySuspect whether a message that may have ended the daemon may be sent; it is sent alone.
   */
  takeNext(maySuspect: boolean): Pending | undefined {
    const next = this.line.nextToSend;
    if (next?.isKept !== true || this.#isSettingUp) return undefined;
    const inFlight = this.line.sentCount;
    if (next.deaths > 0 && (inFlight > 0 || !maySuspect)) return undefined;
    if (inFlight > 0 && (this.line.first?.deaths ?? 0) > 0) return undefined;
    if (inFlight >= (this.#sendOneByOne > 0 ? 1 : maximumInFlight)) return undefined;
    const { frame, type } = next.message;
    if (inFlight > 0 && this.#bytesInFlight + frame.length > maximumBytesInFlight) return undefined;
    this.line.markSent();
    this.#bytesInFlight += frame.length;
    this.#isSettingUp = type === "setup";
    return next;
  }

  /** Removes the first message, which has its reply. */
  removeFirst(): void {
    const message = this.line.first?.message;
    this.line.shift();
    this.#bytesInFlight -= message?.frame.length ?? 0;
    this.#sendOneByOne = Math.max(0, this.#sendOneByOne - 1);
    if (message?.type === "setup") this.#isSettingUp = false;
  }

  /** The waiting setup of a session. */
  findSetup(session: string): Pending | undefined {
    const isSetup = ({ message }: Pending) => message.type === "setup" && message.session === session;
    return this.line.toArray().find(isSetup);
  }

  /** The connection is lost: what was on its way must be sent again. */
  reset(): void {
    this.#isSettingUp = false;
    this.line.unsend();
    this.#bytesInFlight = 0;
  }

  /**
   * One of the messages on their way was too large. The replies to those before it may be lost, so it could be any of them: they are sent
   * again one by one.
   *
   * @returns the message, if only one was on its way.
   */
  findTooLarge(): Pending | undefined {
    if (this.line.sentCount === 1) return this.line.first;
    this.sendOneByOne();
    return undefined;
  }

  /** The messages on their way are suspects: sends them again one by one. */
  sendOneByOne(): void {
    this.#sendOneByOne = this.line.sentCount;
  }
}
