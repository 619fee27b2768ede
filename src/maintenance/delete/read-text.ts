import { ProtocolError, codingOf, decodeFrame, formatJson } from "../../protocol/index.js";

/** A frame as JSON text, without the escapes and the coding that its client chose; one that cannot be decoded as the text in its bytes. */
export function readText(frame: Uint8Array): string {
  try {
    return formatJson(decodeFrame(frame, codingOf(frame)));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString("utf8");
  }
}
