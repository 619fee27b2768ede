import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { type Store, DatabaseError, type Session, type Write } from "../../database/index.js";
import {
  type Handler,
  SetupError,
  type ReceivedMessage,
  handlerOf,
  receiveMessageInSteps,
} from "../../handlers/index.js";
import {
  type ErrorCode,
  type ErrorReply,
  ProtocolError,
  type Reply,
  type Request,
  type Steps,
  complete,
  decodeFrameInSteps,
  describeErrorCode,
  internalSentence,
  readRequest,
} from "../../protocol/index.js";
import { answerError, answerStored } from "./answer.js";
import type { Exchange } from "./exchange.js";
import { SessionBinding } from "./session-binding.js";
import type { SessionDirectory } from "./session-directory.js";
import type { Turns } from "./turns.js";

/** How much of a malformed frame `rejected_data` keeps. */
const maximumMalformedBytes = 1024 * 1024;

/** A larger frame is read in turns with others; a smaller one takes about a millisecond. */
const largeFrameBytes = 64 * 1024;

/** What a responder writes to and looks things up in. */
export interface ResponderServices {
  readonly database: Store;
  readonly directory: SessionDirectory;
  readonly logger: Logger;
  readonly turns: Turns;
}

/** What the conversation does with the outcome of an exchange. */
export interface Outcomes {
  answer(exchange: Exchange, reply: Reply): void;
  /** Answers an exchange whose write failed, as the last one. */
  fail(exchange: Exchange, reply: ErrorReply): void;
  /** Counts a rejected message. */
  noteRejection(): void;
}

/** Takes each exchange of one conversation from its frame to its reply. */
export class Responder {
  readonly binding: SessionBinding;

  /** @param failure aborted when a write failed: no later write of the conversation may overtake it. */
  constructor(
    readonly services: ResponderServices,
    readonly peer: string,
    hasCurrentSession: boolean,
    readonly failure: AbortSignal,
    readonly outcomes: Outcomes,
  ) {
    this.binding = new SessionBinding(services.directory, hasCurrentSession);
  }

  /** Begins what a frame asks for; returns a promise when later frames must wait for it. */
  begin(exchange: Exchange): Promise<void> | undefined {
    if (exchange.frame.length > largeFrameBytes) return this.#beginInTurns(exchange);
    try {
      const [request, message] = complete(this.#read(exchange));
      return this.#handle(exchange, request, message);
    } catch (error) {
      void this.#refuse(exchange, error);
      return undefined;
    }
  }

  /** Begins what a large frame asks for while others get their turns. */
  async #beginInTurns(exchange: Exchange): Promise<void> {
    const { turns } = this.services;
    try {
      const { handled } = await turns.alone(async () => {
        const [request, message] = await turns.run(this.#read(exchange));
        return { handled: this.#handle(exchange, request, message) };
      });
      await handled;
    } catch (error) {
      void this.#refuse(exchange, error);
    }
  }

  *#read(exchange: Exchange): Steps<[Request, ReceivedMessage]> {
    const { frame, coding, receivedAt } = exchange;
    const value = yield* decodeFrameInSteps(frame, coding);
    exchange.noteAsked(value);
    const request = readRequest(value);
    const arrival = { frame, receivedAt, peer: this.peer };
    return [request, yield* receiveMessageInSteps(request, arrival, randomUUID)];
  }

  /** Derives and commits a message; returns a promise when later frames must wait for it. */
  #handle(exchange: Exchange, request: Request, message: ReceivedMessage): Promise<void> | undefined {
    const handler = handlerOf(request.type);
    if (handler.binding === "begins") {
      const begin = (continued: Session | undefined) => {
        const write = handler.derive(request, message, continued, randomUUID);
        const { id, experimentId, trialForm } = write.session;
        return this.#commit(exchange, handler, write, { id, experimentId, trialForm });
      };
      const continued = this.binding.findContinued();
      if (!(continued instanceof Promise)) return begin(continued);
      return continued.then(begin).catch((error: unknown) => this.#refuse(exchange, error));
    }
    const write = (session: Session) =>
      this.#commit(exchange, handler, handler.derive(request, message, session), session);
    const session = this.binding.find(request, handler);
    if (session instanceof Promise) {
      return session.then(write).catch((error: unknown) => this.#refuse(exchange, error));
    }
    const committed = write(session);
    return handler.binding === "keeps" ? undefined : committed;
  }

  /** Stores a frame that cannot become a message of a session; its contents are null where the transport withheld them. */
  async reject(
    code: ErrorCode,
    reason: string,
    contents: Buffer | null,
    length: number | null,
    receivedAt: number,
  ): Promise<void> {
    this.#noteRejection(code, reason);
    const sessionId = this.binding.currentId ?? null;
    const { peer } = this;
    await this.services.database.submit(
      { kind: "rejection", code, reason, peer, contents, length, receivedAt, sessionId },
      this.failure,
    );
  }

  /** Writes a message and what was derived from it, and answers after the commit. */
  async #commit(exchange: Exchange, handler: Handler, write: Write, session: Session): Promise<void> {
    const { database, directory, logger } = this.services;
    try {
      const settlement = await database.submit(write, this.failure);
      if (settlement.kind === "rejected") {
        if (settlement.code === "unknown_session" || settlement.code === "deleted")
          directory.forget(session.id);
        this.#noteRejection(settlement.code, settlement.reason);
        this.#leaveAfter(exchange);
        this.outcomes.answer(exchange, answerError(exchange, settlement.code, settlement.reason));
        return;
      }
      const { message } = settlement;
      const isKnown = handler.binding === "begins" && message.isDuplicate;
      const bound = isKnown ? ((await directory.find(session.id)) ?? session) : session;
      const stratId = handler.binding === "keeps" ? 0 : this.binding.bind(handler.binding, bound);
      if (handler.binding === "begins" && !message.isDuplicate) {
        logger.info({ session: session.id, peer: this.peer }, "session begun");
      }
      const warnings = write.kind === "session" ? write.session.fields.warnings : [];
      const result = handler.answer(message, stratId, warnings);
      const reply = answerStored(exchange.type ?? "", message, result);
      this.outcomes.answer(exchange, reply);
    } catch (error) {
      await this.#refuse(exchange, error);
    }
  }

  /** Answers a request that failed before its commit, and stores its frame as rejected. */
  async #refuse(exchange: Exchange, error: unknown): Promise<void> {
    if (error instanceof DatabaseError) {
      this.#fail(exchange, error);
      return;
    }
    const isClientError = error instanceof ProtocolError || error instanceof SetupError;
    if (!isClientError) {
      this.services.logger.error({ err: error, peer: this.peer }, "a message could not be handled");
    }
    const code = isClientError ? error.code : "internal";
    const reason = isClientError ? error.message : internalSentence;
    try {
      const { frame } = exchange;
      const contents = code === "malformed" ? frame.subarray(0, maximumMalformedBytes) : frame;
      const rejected = this.reject(code, reason, contents, frame.length, exchange.receivedAt);
      this.#leaveAfter(exchange);
      await rejected;
      this.outcomes.answer(exchange, answerError(exchange, code, reason));
    } catch (failure) {
      this.#fail(exchange, failure);
    }
  }

  /** Leaves the current session if the refused message was to replace it. */
  #leaveAfter({ type }: Exchange): void {
    const binding = type === null ? "keeps" : handlerOf(type).binding;
    if (binding === "begins" || binding === "resumes") this.binding.leave();
  }

  #fail(exchange: Exchange, error: unknown): void {
    const sentence =
      error instanceof DatabaseError
        ? error.message
        : "telltale failed; connect again and send the message again.";
    this.outcomes.fail(exchange, answerError(exchange, "unavailable", sentence));
  }

  #noteRejection(code: ErrorCode, reason: string): void {
    // The sentence for the client may quote the message; the log repeats no contents.
    const place = /\bline \d+ of the config\b/.exec(reason)?.[0];
    this.services.logger.warn(
      { peer: this.peer, code, place },
      `message rejected: ${describeErrorCode(code)}`,
    );
    this.outcomes.noteRejection();
  }
}
