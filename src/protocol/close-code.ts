/** Every WebSocket close code that telltale sends, or that a client of it meets; docs/PROTOCOL.md says what a client does then. */
export const CloseCode = {
  /** The client has finished. */
  normal: 1000,
  /** telltale stops; connect again when it is back. */
  stopping: 1001,
  /** A frame breaks the rules of WebSocket (sent by the library). */
  protocolError: 1002,
  /** The connection broke; never sent, reported where the other end said nothing. */
  lost: 1006,
  /** The client asked for something that is refused, or sent a message in too many fragments. */
  refused: 1008,
  /** A frame is larger than the limit. */
  tooLarge: 1009,
  /** telltale failed; its log says more. */
  failed: 1011,
  /** The database cannot be used now; try again later. */
  unavailable: 1013,
} as const;

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];
