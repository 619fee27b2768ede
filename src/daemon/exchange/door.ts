import type { CloseCode, Coding, Reply } from "../../protocol/index.js";
import type { FlowControl } from "./flow-control.js";

/**
 * One client's way in, as a {@link Conversation} sees it. A door turns its transport into frames, which it passes to
 * `Conversation.take`, and writes the replies; everything between the two is the conversation's.
 *
 * | | WebSocket | TCP | HTTP POST |
 * | --- | --- | --- | --- |
 * | a conversation is | a connection | a connection | a request |
 * | `hasCurrentSession` | yes | yes | no: each message names its session |
 * | `flow` | pauses the socket | pauses the socket | undefined: the body is bounded instead |
 * | `close` | sends the close code | ends the stream | ends the response; the code is ignored |
 */
export interface Door {
  /** The client's address and port, for the log and for `rejected_data`. */
  readonly peer: string;
  /** Whether a message without a session belongs to the session last set up or resumed here. */
  readonly hasCurrentSession: boolean;
  /** Holds the client back by not reading from it; undefined where the transport cannot. */
  readonly flow: FlowControl | undefined;

  /** Counts a rejected message against the client; returns for how many ms the client should not be read. */
  noteRejection(): number;

  /**
   * Writes a reply. Called once for each frame, in the order of the frames (a clock probe is answered out of turn), perhaps before
   * `take` returns. The reply is a value: the door gives it the form that its clients read.
   *
   * @param coding the coding of the request.
   */
  send(reply: Reply, coding: Coding): void;

  /** Closes the way in after a write failed: the reply that was just sent is the last one. Called once at most. */
  close(code: CloseCode, reason: string): void;
}
