import type { ReceivedMessage } from "../derivation/index.js";
import { type Request, formatJson } from "../protocol/index.js";

/** How, when and from where a message arrived. */
export interface Arrival {
  readonly frame: Uint8Array;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** Address and port of its sender. */
  readonly peer: string;
}

/** Makes a message of a request and its arrival, with a new id if the client gave none. */
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
