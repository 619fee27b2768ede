export { CloseCode } from "./close-code.js";
export { type Coding, codingOf, decodeFrame, encodeReply, encodeValue } from "./codec.js";
export {
  EncodingError,
  type ErrorCode,
  ProtocolError,
  errorCodes,
  internalSentence,
  isRetryable,
} from "./error.js";
export { ErrorReply } from "./error-reply.js";
export { formatJson, parseJson, parseTaggedJson } from "./tagged-json.js";
export { writeMessagePack } from "./message-pack-writer.js";
export { parseMessagePack } from "./message-pack-reader.js";
export type { Reply, ReplyResult, StoredReply } from "./reply.js";
export { type MessageType, Request, messageTypes, readRequest, readResumeTarget } from "./request.js";
export { describeProtocol } from "./schema-document.js";
export {
  Timestamp,
  type Value,
  type ValueMap,
  equalValues,
  isMap,
  maximumContainers,
  maximumDepth,
  maximumIntegerDigits,
} from "./value.js";
export { toValue } from "./to-value.js";
