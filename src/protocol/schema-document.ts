import { ClockReply, ClockRequest } from "./clock/messages.js";
import { ErrorCodeSchema, ErrorReply } from "./error-reply.js";
import * as replies from "./reply.js";
import * as requests from "./request.js";

/** The protocol as one JSON Schema document (draft 2020-12), for clients in other languages: docs/protocol.schema.json. */
export function describeProtocol(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "telltale protocol",
    $defs: {
      Request: requests.Request,
      SetupRequest: requests.SetupRequest,
      AskRequest: requests.AskRequest,
      TellRequest: requests.TellRequest,
      StratRequest: requests.StratRequest,
      ResumeRequest: requests.ResumeRequest,
      ExitRequest: requests.ExitRequest,
      SetupReply: replies.SetupReply,
      AskReply: replies.AskReply,
      TellReply: replies.TellReply,
      StratReply: replies.StratReply,
      ResumeReply: replies.ResumeReply,
      ExitReply: replies.ExitReply,
      OtherReply: replies.OtherReply,
      ClockRequest,
      ClockReply,
      ErrorReply,
      ErrorCode: ErrorCodeSchema,
    },
  };
}
