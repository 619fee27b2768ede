import type { Pending } from "./pending.js";
import type { SendWindow } from "./send-window.js";

/** How often the daemon may end or fall silent on one message before the message is given up. */
const maximumDeaths = 3;

/** How long a connection must have held before a suspect is sent: other causes than the suspect show meanwhile. */
const steadyAfterMs = 1000;

/** Finds the message that ends its daemon each time, among those that were on their way when it ended or fell silent. */
export class Suspects {
  /** Whether the connection has held long enough to send a suspect. */
  isSteady = false;
  /** Whether a message was answered over this connection. */
  #hasProgress = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly window: SendWindow) {}

  /** A connection is ready; `onSteady` is called once suspects may be sent. */
  begin(onSteady: () => void): void {
    this.#timer = setTimeout(() => {
      this.isSteady = true;
      onSteady();
    }, steadyAfterMs);
  }

  noteProgress(): void {
    this.#hasProgress = true;
  }

  /**
   * The connection is lost. A message that was alone on its way is counted. Several are sent one by one from now on, unless the daemon
   * has answered others over this connection: the rest of those before the suspect are answered next time.
   *
   * @param unanswered what was on its way when the daemon ended without a word; undefined stands for what is not a message.
   * @returns the message that was alone, and why to give it up.
   */
  end(
    unanswered: readonly (Pending | undefined)[],
  ): { readonly pending: Pending; readonly reason?: string } | undefined {
    const [pending] = unanswered;
    if (unanswered.length > 1 && !this.#hasProgress) this.window.sendOneByOne();
    this.stop();
    if (pending === undefined || unanswered.length > 1) return undefined;
    pending.deaths += 1;
    if (pending.deaths < maximumDeaths) return { pending };
    const reason = `The daemon ended or fell silent ${pending.deaths} times while it had only this message to answer; split it. Its id says whether it is stored all the same.`;
    return { pending, reason };
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.isSteady = false;
    this.#hasProgress = false;
  }
}
