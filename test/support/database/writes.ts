import { randomUUID } from "node:crypto";
import {
  type MessageWrite,
  type ReceivedMessage,
  type SessionWrite,
  deriveOccurrence,
  deriveSetup,
  deriveTrials,
} from "../../../src/derivation/index.js";
import { type Value, formatJson, parseJson, readRequest } from "../../../src/protocol/index.js";

/** A message as the daemon receives it. */
export function receive(message: object, id?: string): ReceivedMessage {
  const frame = Buffer.from(JSON.stringify(message));
  const request = readRequest(parseJson(frame.toString()));
  return {
    type: request.type,
    extraInfo: request.extra_info === undefined ? null : formatJson(request.extra_info),
    sentAt: request.sent_at ?? null,
    occurrence: deriveOccurrence(request.sent_at, request.clock),
    frame,
    id: id ?? randomUUID(),
    mayBeResent: id !== undefined,
    receivedAt: Date.now(),
    peer: "127.0.0.1:1",
  };
}

/** The write of a setup. */
export function setupWrite(sessionId: string, config = "[common]\n"): SessionWrite {
  const fields = deriveSetup(new Map([["config_str", config]]), undefined);
  return {
    kind: "session",
    message: receive({ type: "setup", message: { config_str: config } }),
    session: { id: sessionId, experimentId: "e1", participantId: "p1", trialForm: fields.trialForm, fields },
  };
}

/** The write of a tell with one parameter and one outcome. */
export function tellWrite(sessionId: string, outcome: number | string, id?: string): MessageWrite {
  const message = new Map<string, Value>([
    ["config", new Map([["x", 0.5]])],
    ["outcome", outcome],
  ]);
  return {
    kind: "message",
    message: receive({ type: "tell", message: { config: { x: 0.5 }, outcome } }, id),
    sessionId,
    trials: deriveTrials(message, undefined, { stimuliPerTrial: 1, outcomeNames: [] }),
    derivationError: null,
    isStrat: false,
  };
}
