import { columnJson } from "../../database/index.js";
import {
  ProtocolError,
  type Request,
  type Value,
  codingOf,
  decodeFrame,
  equalValues,
  formatJson,
  parseTaggedJson,
  readRequest,
} from "../../protocol/index.js";
import { idOfAepsych } from "../rebuild/read-log.js";
import type { Findings } from "./finding.js";
import type { VerifiedMessage } from "./verified-message.js";

/**
 * Compares the columns of a message that are projections of its frame with it; the rebuild compares those of its time. Those of AEPsych's messages came beside it, and are left
 * out, and so is a frame that cannot be read.
 */
export function compareProjections(row: VerifiedMessage, findings: Findings): void {
  if (row.message_contents === null || idOfAepsych.test(row.message_id)) return;
  const request = readMessage(row.message_contents);
  if (request === undefined) return;
  const differing = [
    ...(request.type === row.message_type ? [] : ["message_type"]),
    ...(request.id === undefined || request.id === row.message_id ? [] : ["message_id"]),
    ...((request.sent_at ?? null) === row.sent_at ? [] : ["sent_at"]),
    ...(isProjection(row.extra_info, request.extra_info) ? [] : ["extra_info"]),
    // The rebuild compares that of a tell.
    ...(row.derivation_error === null || row.message_type === "tell" ? [] : ["derivation_error"]),
  ];
  for (const column of differing)
    findings.add(`The ${column} of message ${row.seq} is not that of its frame, which is intact.`, "restore");
}

/** Whether a column holds a member of a frame as JSON. */
export function isProjection(column: string | null, value: Value | undefined): boolean {
  if (value === undefined || column === null) return value === undefined && column === null;
  const json = formatJson(value);
  const storable = columnJson(json);
  return column === storable || equalJson(column, storable);
}

/** Another version may have written the same value in another way. */
function equalJson(one: string, other: string): boolean {
  try {
    return equalValues(parseTaggedJson(one), parseTaggedJson(other));
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

function readMessage(frame: Uint8Array): Request | undefined {
  try {
    return readRequest(decodeFrame(frame, codingOf(frame)));
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
