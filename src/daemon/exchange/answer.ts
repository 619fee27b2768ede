import type { StoredMessage } from "../../database/index.js";
import {
  type ErrorCode,
  type ErrorReply,
  type Reply,
  type ReplyResult,
  isRetryable,
} from "../../protocol/index.js";

/** What a reply repeats of its request. */
export interface Asked {
  /** The request's type, null if it had none. */
  readonly type: string | null;
  readonly id: string | undefined;
}

/** Makes the reply to a message that is in the database; `result` holds the members that only its type has. */
export function answerStored(type: string, message: StoredMessage, result: ReplyResult): Reply {
  const common = {
    id: message.id,
    session: message.sessionId,
    seq: message.seq,
    replay_id: message.replayId,
    digest: message.digest,
    received_at: message.receivedAt,
    ...(message.isDuplicate ? { duplicate: true as const } : {}),
  };
  if (message.derivationError === null) return { type, ok: true, stored: true, ...common, ...result };
  return {
    type,
    ok: false,
    code: "underivable",
    server_error: message.derivationError,
    stored: true,
    retry: isRetryable("underivable"),
    ...common,
  };
}

/** Makes the reply to a message that is not in replay_data. */
export function answerError({ type, id }: Asked, code: ErrorCode, sentence: string): ErrorReply {
  return {
    type,
    ok: false,
    ...(id === undefined ? {} : { id }),
    code,
    server_error: sentence,
    stored: false,
    retry: isRetryable(code),
  };
}
