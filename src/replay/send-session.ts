import { createHash } from "node:crypto";
import { formatUuid } from "../protocol/index.js";
import type { FramedMessage, SessionOverview } from "../queries/index.js";
import { copyMessage } from "./copied-message.js";
import { ReplayError } from "./replay-error.js";
import type { Replay } from "./replay.js";
import { Target, type TargetReply } from "./target.js";

/** The result of sending a session. */
export interface SendReport {
  /** How many messages the server stored now, including those it could derive nothing from. */
  stored: number;
  /** How many it had already. */
  duplicates: number;
  /** The messages that it refused or that cannot be sent, and why. */
  readonly refused: { readonly seq: number; readonly reason: string }[];
  /** Why sending stopped early; undefined if everything was sent. */
  failure: string | undefined;
}

export interface SendOptions {
  /** Stops sending; waits for the answers to what was sent. */
  readonly signal: AbortSignal;
  /** The token for the server, if it needs one. */
  readonly token?: string | undefined;
  readonly reconnectAfterMs?: number;
}

/**
 * Sends the messages of a replay to another server that speaks telltale's protocol, as the same session. A message that is sent twice
 * is stored once: see {@link copyMessage}.
 *
 * A session of AEPsych may have several setups; each after the first starts a session of its own on the server, with an id derived
 * from the session and the setup's seq.
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
      count(report, reply);
    },
    { token, reconnectAfterMs },
  );
  let [sessionId, isFirst, hasSetup] = [session.session_id, true, false];
  const send = async (message: FramedMessage): Promise<void> => {
    const isSetup = message.type === "setup";
    if (isSetup && hasSetup) {
      await target.whenAnswered();
      // A strat_id counts the sessions of its connection: start a new one.
      await target.close();
      sessionId = laterSessionId(session.session_id, message.seq);
    }
    if (isSetup) hasSetup = true;
    const copy = copyMessage(message, sessionId, session);
    if (copy === undefined) {
      report.refused.push({
        seq: message.seq,
        reason: "Its stored contents are not a message that can be sent.",
      });
      return;
    }
    await target.send(copy);
    // Wait until the session is known to be the right one before sending more.
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

/**
 * Counts a reply.
 *
 * @throws ReplayError if nothing after this message could be stored.
 */
function count(report: SendReport, { message, isStored, isDuplicate, code, sentence }: TargetReply): void {
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
      `The server does not have the session; send it with its setup, the first message: ${sentence}`,
    );
  }
}

/** A UUID of version 8 (RFC 9562) for the session that a later setup starts: always the same for the same setup. */
function laterSessionId(sessionId: string, seq: number): string {
  const hash = createHash("sha256").update(`${sessionId} ${seq}`).digest();
  return formatUuid(hash, 8);
}
