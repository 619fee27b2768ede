import type { ReceivedMessage } from "../derivation/index.js";
import { type Request, formatJson } from "../protocol/index.js";

/** Where and when a message came in. */
export interface Arrival {
  /** The frame that said it. */
  readonly frame: Uint8Array;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** Who sent it. */
  readonly peer: string;
}

/** A message as it came, with an id made for it where its client brought none. */
export function receiveMessage(request: Request, arrival: Arrival, makeId: () => string): ReceivedMessage {
  return {
    type: request.type,
    extraInfo: request.extra_info === undefined ? null : formatJson(request.extra_info),
    sentAt: request.sent_at ?? null,
    frame: arrival.frame,
    id: request.id ?? makeId(),
    mayBeResent: request.id !== undefined,
    receivedAt: arrival.receivedAt,
    peer: arrival.peer,
  };
}
