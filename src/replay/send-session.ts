import { createHash } from "node:crypto";
import type { FramedMessage, SessionOverview } from "../queries/index.js";
import { copyMessage } from "./copied-message.js";
import { ReplayError } from "./replay-error.js";
import type { Replay } from "./replay.js";
import { Target, type TargetReply } from "./target.js";

/** What became of the messages that were sent. */
export interface SendReport {
  /** How many were stored there now; those from which it could derive nothing are among them, as they are here. */
  stored: number;
  /** How many it had before. */
  duplicates: number;
  /** Those that it did not take, and why. */
  readonly refused: { readonly seq: number; readonly reason: string }[];
  /** Why not everything was sent; undefined where it was. */
  failure: string | undefined;
}

export interface SendOptions {
  /** Ends it, after what is on its way. */
  readonly signal: AbortSignal;
  /** What lets it in there, where that is needed. */
  readonly token?: string | undefined;
  readonly reconnectAfterMs?: number;
}

/**
 * Sends what a replay gives to another server that speaks telltale's protocol, as the session that it is. What is sent twice is
 * stored once: see {@link copyMessage}.
 *
 * Under a session of AEPsych there may be several setups; each but the first begins a session of its own there, whose id is always the
 * same one.
 *
 * @param url `ws://…` or `wss://…`.
 * @throws DatabaseError as {@link Replay.play} does.
 */
export async function sendSession(
  replay: Replay,
  session: SessionOverview,
  url: string,
  { signal, token, reconnectAfterMs }: SendOptions,
): Promise<SendReport> {
  const report: SendReport = { stored: 0, duplicates: 0, refused: [], failure: undefined };
  const target = new Target(
    url,
    (reply) => {
      settle(report, reply);
    },
    { token, reconnectAfterMs },
  );
  let [sessionId, isFirst, hasSetup] = [session.session_id, true, false];
  const send = async (message: FramedMessage): Promise<void> => {
    const isSetup = message.type === "setup";
    if (isSetup && hasSetup) {
      await target.whenAnswered();
      // What a strat_id stands for is the connection's.
      await target.close();
      sessionId = laterSessionId(session.session_id, message.seq);
    }
    if (isSetup) hasSetup = true;
    const copy = copyMessage(message, sessionId, session);
    if (copy === undefined) {
      report.refused.push({
        seq: message.seq,
        reason: "What is stored of it is no message that can be sent.",
      });
      return;
    }
    await target.send(copy);
    // Nothing is sent to a session that is another one, or none.
    if (isFirst || isSetup) await target.whenAnswered();
    isFirst = false;
  };
  try {
    await replay.play(send, AbortSignal.any([signal, target.failed]));
    await target.whenAnswered();
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    report.failure = error.message;
  } finally {
    await target.close();
  }
  return report;
}

/** @throws ReplayError where nothing that follows could be stored. */
function settle(report: SendReport, { message, isStored, isDuplicate, code, sentence }: TargetReply): void {
  if (isDuplicate) report.duplicates += 1;
  else if (isStored) report.stored += 1;
  else report.refused.push({ seq: message.seq, reason: sentence });
  if (isStored) return;
  if (message.type === "setup") {
    throw new ReplayError("refused", `The setup was refused, so nothing after it was sent: ${sentence}`);
  }
  if (code === "unknown_session") {
    throw new ReplayError(
      "refused",
      `The session is not there; send it with its setup, the first message: ${sentence}`,
    );
  }
}

/** A UUID of version 8 (RFC 9562) for the session that a later setup begins: always the same one for the same setup. */
function laterSessionId(sessionId: string, seq: number): string {
  const hash = createHash("sha256").update(`${sessionId} ${seq}`).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
