/** The wire protocol: frames to values, values to requests, replies and error codes to frames. Runs in a browser. */
export {
  type ClockEstimate,
  type ClockReply,
  type ClockRequest,
  maximumProbeBytes,
} from "./clock/messages.js";
export { formatMicroseconds } from "./clock/format-microseconds.js";
export { readClockProbe } from "./clock/read-clock-probe.js";
export { CloseCode } from "./close-code.js";
export {
  type Coding,
  codingOf,
  decodeFrame,
  decodeFrameInSteps,
  decodeStoredInSteps,
  encodeReply,
  encodeValue,
  readFrame,
  readFrameInSteps,
} from "./codec.js";
export {
  type ErrorCode,
  describeErrorCode,
  errorCodes,
  internalSentence,
  isRetryable,
} from "./error-code.js";
export { readDecimal } from "./decimal.js";
export { EncodingError, ProtocolError } from "./error.js";
export { ErrorReply } from "./error-reply.js";
export { parseJson } from "./codings/json-reader.js";
export { writeJson } from "./codings/json-writer.js";
export { parseMessagePack } from "./codings/message-pack-reader.js";
export { writeMessagePack, writeMessagePackInSteps } from "./codings/message-pack-writer.js";
export type { ExitReply, Reply, ReplyResult, StoredReply, TellReply } from "./reply.js";
export {
  type MessageType,
  Request,
  isMessageType,
  messageTypes,
  readKnownSeq,
  readRequest,
  readResumeTarget,
} from "./request.js";
export { sameContent, sameContentInSteps } from "./same-content.js";
export { describeProtocol } from "./schema-document.js";
export { formatUuid } from "./format-uuid.js";
export { toStorableJson } from "./storable-json.js";
export { type Steps, complete, valuesPerStep } from "./steps.js";
export {
  formatJson,
  formatJsonInParts,
  formatJsonInSteps,
  parseTaggedJson,
  parseTaggedJsonInSteps,
} from "./tagged-json.js";
export { toValue } from "./to-value.js";
export {
  Timestamp,
  type Value,
  type ValueMap,
  equalValues,
  isMap,
  maximumContainers,
  maximumDecodedBytes,
  maximumDepth,
  maximumIntegerDigits,
  maximumJsonCharacters,
  maximumValues,
} from "./value.js";
