import { type Static, Type } from "@sinclair/typebox";
import { Value as Form } from "@sinclair/typebox/value";
import { ClockEstimate, maximumProbeBytes } from "./clock/messages.js";
import { ProtocolError } from "./error.js";
import { type Value, isMap } from "./value.js";

const Free = (description: string) => Type.Optional(Type.Unsafe<Value>(Type.Unknown({ description })));

/** What each checked member must be, in words. */
const rules = {
  type: "1 to 64 characters of a-z, 0-9 and _, starting with a letter",
  id: "1 to 128 printable ASCII characters",
  session: "the id of a session, 1 to 128 printable ASCII characters",
  batch: "true or false",
  sent_at: "a finite number, milliseconds since 1970",
  clock: "an object with `offset_ms`, a finite number, and `uncertainty_ms`, a finite number from 0",
};

const typePattern = "^[a-z][a-z0-9_]{0,63}$";
const sessionPattern = "^[\\x20-\\x7e]{1,128}$";

/** The members that any message may have. */
const envelope = {
  type: Type.String({
    pattern: typePattern,
    description: `The type of the message: ${rules.type}.`,
  }),
  message: Free("The message's contents; optional."),
  id: Type.Optional(
    Type.String({
      pattern: "^[\\x20-\\x7e]{1,128}$",
      description: `Chosen by the client and unique in the session, so that a resent message is recognized: ${rules.id}.`,
    }),
  ),
  session: Type.Optional(
    Type.String({
      pattern: sessionPattern,
      description: `The session; default: the connection's current one. Must be ${rules.session}.`,
    }),
  ),
  extra_info: Free("Extra data to store with the message, and with a tell's trials."),
  response: Free("The answer of the client's own strategy, for example to an ask."),
  batch: Type.Optional(
    Type.Boolean({
      description: `For a tell: false if its message is one trial, whose lists and objects are values; default: true, a list is trials. Must be ${rules.batch}.`,
    }),
  ),
  sent_at: Type.Optional(Type.Number({ description: `The client's clock: ${rules.sent_at}.` })),
  clock: Type.Optional(ClockEstimate),
  metadata: Free("Metadata of a setup outside of its config, as the MATLAB client sends it."),
  defaults: Free(
    "For a setup: the `experiment_id` and `participant_id` to use if the setup has none, in place of new UUIDs.",
  ),
  version: Free("The version of AEPsych's protocol; stored and ignored."),
};

/** Any message: the form that is checked first. Other members are stored and ignored. */
export const Request = Type.Object(envelope, { title: "Request", description: "Any message of a client." });
export type Request = Static<typeof Request>;

const uuidPattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";

const SectionMap = Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()));

const integerPattern = "^\\s*[+-]?[0-9]+(_[0-9]+)*\\s*$";

/** Begins a session. */
export const SetupRequest = Type.Object(
  {
    ...envelope,
    type: Type.Literal("setup"),
    session: Type.Optional(
      Type.String({
        pattern: uuidPattern,
        description: "A UUID for the new session, so that a resent setup is recognized.",
      }),
    ),
    message: Type.Object({
      config_str: Type.Optional(Type.String({ description: "The config as INI text." })),
      config_dict: Type.Optional(SectionMap),
      config: Type.Optional(Type.Union([Type.String(), SectionMap])),
      experiment_name: Type.Optional(Type.Unknown()),
      experiment_description: Type.Optional(Type.Unknown()),
      experiment_id: Type.Optional(Type.Unknown()),
      participant_id: Type.Optional(Type.Unknown()),
      extra_metadata: Type.Optional(Type.Unknown()),
    }),
  },
  { title: "SetupRequest", description: "Begins a session." },
);

/** Asks for the next trial; telltale runs no model and only stores it. */
export const AskRequest = Type.Object(
  { ...envelope, type: Type.Literal("ask") },
  { title: "AskRequest", description: "Asks for the next trial; telltale runs no model and only stores it." },
);

const Tell = Type.Object({
  config: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), { description: "The parameters, by name." }),
  ),
  outcome: Type.Unknown({ description: "The outcome or outcomes." }),
  model_data: Type.Optional(Type.Union([Type.Boolean(), Type.Number(), Type.Null()])),
});

/** Tells the outcome of one trial or of several. */
export const TellRequest = Type.Object(
  { ...envelope, type: Type.Literal("tell"), message: Type.Union([Tell, Type.Array(Tell, { minItems: 1 })]) },
  { title: "TellRequest", description: "Tells the outcome of one trial or of several." },
);

/** Stores a snapshot of the client's strategy. */
export const StratRequest = Type.Object(
  { ...envelope, type: Type.Literal("strat") },
  {
    title: "StratRequest",
    description: "Stores a snapshot of the client's strategy, the `message`, unchanged.",
  },
);

/** Returns to a session. */
export const ResumeRequest = Type.Object(
  {
    ...envelope,
    type: Type.Literal("resume"),
    message: Type.Optional(
      Type.Object({
        session: Type.Optional(
          Type.String({ pattern: sessionPattern, description: "The id of the session." }),
        ),
        strat_id: Type.Optional(
          Type.Union([Type.Integer({ minimum: 0 }), Type.String({ pattern: integerPattern })], {
            description: "Or its strat_id on this connection; as text as Python's `int()` takes it.",
          }),
        ),
        known_seq: Type.Optional(
          Type.Integer({ minimum: 1, description: "The seq of a message to return the digest of." }),
        ),
      }),
    ),
  },
  { title: "ResumeRequest", description: "Returns to a session, on the same or a new connection." },
);

/** Ends this connection's part in its session. */
export const ExitRequest = Type.Object(
  { ...envelope, type: Type.Literal("exit") },
  { title: "ExitRequest", description: "Ends this connection's part in its session; stops nothing." },
);

/** The message types with a form of their own; a message of any other type is stored unchanged. */
export const messageTypes = ["setup", "ask", "tell", "strat", "resume", "exit"] as const;
export type MessageType = (typeof messageTypes)[number];

/** Whether a message can have this type. */
export function isMessageType(text: string): boolean {
  return new RegExp(typePattern).test(text);
}

const uuid = new RegExp(uuidPattern);
const sessionId = new RegExp(sessionPattern);
const integer = new RegExp(integerPattern);

/**
 * Reads a decoded frame as a message. Lower-cases a session id that is a UUID, so that a session has one name.
 *
 * @throws ProtocolError `invalid`, with a sentence that names the member and what it must be.
 */
export function readRequest(value: Value): Request {
  if (!isMap(value)) throw new ProtocolError("invalid", "A message must be an object with a `type`.");
  const request: Record<string, Value> = {};
  for (const member of Object.keys(envelope)) {
    const content = value.get(member);
    if (content !== undefined) request[member] = content;
  }
  if (isMap(request["clock"])) request["clock"] = Object.fromEntries(request["clock"]) as never;
  if (request["type"] === "clock") throw new ProtocolError("invalid", clockRule);
  if (!Form.Check(Request, request)) throw new ProtocolError("invalid", describeFault(request));
  if (request.session === undefined) return request;
  if (uuid.test(request.session)) return { ...request, session: request.session.toLowerCase() };
  if (request.type === "setup") {
    throw new ProtocolError(
      "invalid",
      "The `session` of a setup must be a UUID; leave it out and telltale creates one.",
    );
  }
  return request;
}

/**
 * The session that a resume returns to: by id, or by strat_id on the connection; neither means the current session.
 *
 * @throws ProtocolError `invalid`.
 */
export function readResumeTarget(request: Request): { readonly session?: string; readonly stratId?: number } {
  const { message } = request;
  if (message === undefined || message === "" || message === null) return {};
  const session = isMap(message) ? message.get("session") : null;
  const stratId = isMap(message) ? readInteger(message.get("strat_id")) : null;
  if (typeof session === "string" && sessionId.test(session)) {
    return { session: uuid.test(session) ? session.toLowerCase() : session };
  }
  if (session === undefined && stratId === undefined) return {};
  if (session === undefined && typeof stratId === "number" && Number.isSafeInteger(stratId) && stratId >= 0) {
    return { stratId };
  }
  throw new ProtocolError(
    "invalid",
    "The message of a resume must be an object with `session` (1 to 128 printable ASCII characters) or `strat_id` (a whole number from 0).",
  );
}

/** An integer as text becomes a number where Python's `int()` takes it: AEPsych's MATLAB client sends `"0"`. */
function readInteger(value: Value | undefined): Value | undefined {
  return typeof value === "string" && integer.test(value) ? Number(value.replaceAll("_", "")) + 0 : value;
}

/**
 * The seq of the message whose digest a resume asks for, to compare it with the one that its client knows; null if it asks for none.
 *
 * @throws ProtocolError `invalid`.
 */
export function readKnownSeq({ message }: Request): number | null {
  const seq = isMap(message) ? message.get("known_seq") : undefined;
  if (seq === undefined || seq === null) return null;
  if (typeof seq === "number" && Number.isSafeInteger(seq) && seq >= 1) return seq;
  throw new ProtocolError("invalid", "The `known_seq` of a resume must be a whole number from 1.");
}

/** A clock probe that is right never becomes a request: `readClockProbe` takes it. */
const clockRule =
  `A clock probe must have \`sent_at\`, ${rules.sent_at}, perhaps an \`id\`, nothing else, and at most ` +
  `${maximumProbeBytes} bytes; a message needs another type.`;

function describeFault(request: Record<string, Value>): string {
  if (request["type"] === undefined) return "A message must have a `type`.";
  const fault = Form.Errors(Request, request).First();
  const member = Object.keys(rules).find((name) => fault?.path.split("/")[1] === name) as keyof typeof rules;
  return `The \`${member}\` of a message must be ${rules[member]}.`;
}
