import { type ReceivedMessage, deriveOccurrence } from "../derivation/index.js";
import {
  type Request,
  type Steps,
  complete,
  formatJsonInSteps,
  maximumJsonCharacters,
} from "../protocol/index.js";

/** How, when and from where a message arrived. */
export interface Arrival {
  readonly frame: Uint8Array;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** Address and port of its sender. */
  readonly peer: string;
}

/**
 * Makes a message of a request and its arrival, with a new id if the client gave none.
 *
 * @throws ProtocolError `too_costly` if its extra info becomes too long as JSON.
 */
export function receiveMessage(request: Request, arrival: Arrival, makeId: () => string): ReceivedMessage {
  return complete(receiveMessageInSteps(request, arrival, makeId));
}

/** Makes a message as {@link receiveMessage} does, with pauses. */
export function* receiveMessageInSteps(
  request: Request,
  arrival: Arrival,
  makeId: () => string,
): Steps<ReceivedMessage> {
  const { extra_info: extraInfo } = request;
  return {
    type: request.type,
    extraInfo: extraInfo === undefined ? null : yield* formatJsonInSteps(extraInfo, maximumJsonCharacters),
    sentAt: request.sent_at ?? null,
    occurrence: deriveOccurrence(request.sent_at, request.clock),
    frame: arrival.frame,
    id: request.id ?? makeId(),
    mayBeResent: request.id !== undefined,
    receivedAt: arrival.receivedAt,
    peer: arrival.peer,
  };
}
