import { SetupError, deriveSetup } from "../derivation/index.js";
import { type Coding, type Value, codingOf, isMap } from "../protocol/index.js";
import type { FramedMessage, SessionOverview } from "../queries/index.js";
import { withMembers } from "./frame-members.js";

/** A message of a session, ready to be sent to another server. */
export interface CopiedMessage {
  readonly seq: number;
  readonly type: string | null;
  readonly frame: Uint8Array;
  readonly coding: Coding;
}

/**
 * Prepares a message for another server. However often it is sent, it must become the same message of the same session there: the
 * frame names the session and the message's id, and a setup without experiment or participant ids gets those assigned here. A
 * frame that has all of these is sent unchanged.
 *
 * @param sessionId the session to send the message to.
 * @returns undefined if it cannot be sent: no frame is stored, only a pickle that could not be read, or it would be a clock probe.
 */
export function copyMessage(
  message: FramedMessage,
  sessionId: string,
  session: SessionOverview,
): CopiedMessage | undefined {
  const { seq, type, id, frame, request } = message;
  // An earlier version stored messages of the type clock; a server would take one for a probe, and store nothing.
  if (frame === null || !isMap(request) || type === "clock") return undefined;
  const coding = codingOf(frame);
  const members: [string, Value][] = [];
  if (request.get("id") !== id) members.push(["id", id]);
  const named = request.get("session");
  if (typeof named !== "string" || named.toLowerCase() !== sessionId) members.push(["session", sessionId]);
  if (type === "setup" && !isComplete(request.get("message"), request.get("metadata"))) {
    const defaults = new Map<string, Value>([
      ["experiment_id", session.experiment_id],
      ["participant_id", session.participant_id],
    ]);
    if (!request.has("defaults")) members.push(["defaults", defaults]);
  }
  return { seq, type, coding, frame: members.length === 0 ? frame : withMembers(frame, coding, members) };
}

/** Whether a setup names its experiment and participant. */
function isComplete(message: Value | undefined, metadata: Value | undefined): boolean {
  try {
    const { experimentId, participantId } = deriveSetup(message, metadata);
    return experimentId !== null && participantId !== null;
  } catch (error) {
    if (error instanceof SetupError) return false;
    throw error;
  }
}
