import { randomUUID } from "node:crypto";
import type { EntityManager } from "typeorm";
import { type Session, SetupError, type Write, deriveSetup, toOutcome, toText } from "../derivation/index.js";
import { handlerOf, receiveMessage } from "../handlers/index.js";
import {
  EncodingError,
  ProtocolError,
  type Value,
  type ValueMap,
  codingOf,
  encodeValue,
  formatJson,
  isMap,
  readRequest,
  toValue,
} from "../protocol/index.js";
import { DatabaseError } from "./database-error.js";
import { type Cell, columnText, columnTime, insertRows } from "./rows.js";
import type { Settlement } from "./settlement.js";

/** Who sent what a program recorded itself. */
const peer = "library";

/** What the protocol and the derivation say of arguments that cannot be written. */
const argumentErrors = [TypeError, EncodingError, ProtocolError, SetupError];

/** What {@link RecordWriter} needs of the database: its one way to write. */
export interface WritePath {
  submit(write: Write): Promise<Settlement>;
  sessionScope<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result>;
}

/** A setup as a program records it. */
export interface SetupRecord {
  readonly description?: string;
  readonly name?: string;
  /** Anything; an object is joined with what the config says. */
  readonly extraMetadata?: unknown;
  /** The experiment's id; a new UUID without. */
  readonly id?: string;
  readonly participantId?: string;
  /** The message of a client, `{"type": "setup", "message": …}`; without it one is made of the rest. */
  readonly request?: object;
}

/** Writes what a program records, by the same way as the daemon's messages. */
export class RecordWriter {
  constructor(readonly path: WritePath) {}

  /** Begins a session; gives the unique_id of its setup's replay row. */
  async setup(record: SetupRecord): Promise<number> {
    const fields: [string, unknown][] = [
      ["experiment_name", record.name],
      ["experiment_description", record.description],
      ["experiment_id", record.id],
      ["participant_id", record.participantId],
      ["extra_metadata", record.extraMetadata],
    ];
    const given = new Map(fields.filter(([, value]) => value !== undefined));
    const request = checked(() => {
      const value = record.request === undefined ? new Map<string, Value>() : toValue(record.request);
      if (!isMap(value)) throw new TypeError("A request must be an object.");
      const message = value.get("message") ?? new Map<string, Value>();
      if (!isMap(message)) throw new TypeError("The message of a setup must be an object.");
      const more = toValue(given) as ValueMap;
      return new Map<string, Value>([
        ...value,
        ["type", "setup"],
        ["message", new Map([...message, ...more])],
      ]);
    });
    const handler = handlerOf("setup");
    if (handler.binding !== "begins") throw new Error("A setup begins a session.");
    const arrival = { frame: encode(request), receivedAt: Date.now(), peer };
    const write = checked(() => {
      const read = readRequest(request);
      return handler.derive(read, receiveMessage(read, arrival, randomUUID), undefined, randomUUID);
    });
    return storedId(await this.path.submit(write));
  }

  /** Stores a message of a session with all that is derived from it; gives the unique_id of its replay row. */
  async message(session: Session, type: string, request: object): Promise<number> {
    const handler = handlerOf(type);
    if (handler.binding === "begins") {
      throw new DatabaseError("bad_argument", "A setup begins a session of its own; use recordSetup.");
    }
    const value = checked(() => {
      const read = toValue(request);
      if (!isMap(read)) throw new TypeError("A request must be an object.");
      return new Map<string, Value>([["type", type], ...read, ["type", type]]);
    });
    const arrival = { frame: encode(value), receivedAt: Date.now(), peer };
    const write = checked(() => {
      const read = readRequest(value);
      return handler.derive(read, receiveMessage(read, arrival, randomUUID), session);
    });
    return storedId(await this.path.submit(write));
  }

  /** Writes a trial that no message told. */
  raw(masterId: number, modelData: boolean, extraData: unknown, timestamp: Date): Promise<number> {
    return this.#insert(
      "raw_data",
      ["timestamp", "model_data", "extra_data", "master_table_id"],
      [
        columnTime(timestamp.getTime()),
        modelData,
        extraData === undefined ? null : formatJson(checked(() => toValue(extraData))),
        masterId,
      ],
    );
  }

  param(iterationId: number, name: string, value: unknown): Promise<number> {
    const text = toText(checked(() => toValue(value)));
    return this.#insert(
      "param_data",
      ["param_name", "param_value", "iteration_id"],
      [columnText(name), columnText(text), iterationId],
    );
  }

  outcome(iterationId: number, name: string, value: number | boolean | string | null): Promise<number> {
    const { value: number, text } = toOutcome(name, value);
    return this.#insert(
      "outcome_data",
      ["outcome_name", "outcome_value", "outcome_text", "iteration_id"],
      [columnText(name), number, columnText(text), iterationId],
    );
  }

  /** Writes a snapshot that no message brought. */
  strat(masterId: number, strat: unknown): Promise<number> {
    const value = checked(() => toValue(strat));
    const frame = value instanceof Uint8Array ? value : encode(value);
    const coding = value instanceof Uint8Array ? "bytes" : codingOf(frame);
    return this.#insert(
      "strat_data",
      ["timestamp", "strat", "coding", "master_table_id"],
      [columnTime(Date.now()), frame, coding, masterId],
    );
  }

  /** @param config INI text, or an object of sections. */
  config(masterId: number, config: string | object): Promise<number> {
    const { sections } = checked(() => deriveSetup(new Map([["config", toValue(config)]]), undefined));
    return this.#insert(
      "config_data",
      ["timestamp", "config", "master_table_id"],
      [columnTime(Date.now()), formatJson(sections), masterId],
    );
  }

  async #insert(table: string, columns: readonly string[], cells: Cell[]): Promise<number> {
    const [id] = await this.path.sessionScope((manager) => insertRows(manager, table, columns, cells));
    return id ?? 0;
  }
}

function storedId(settlement: Settlement): number {
  if (settlement.kind === "stored") return settlement.message.replayId;
  throw new DatabaseError("rejected", settlement.reason);
}

function encode(value: Value): Uint8Array {
  return checked(() => encodeValue(value));
}

/** Runs `work`; what it finds wrong with the arguments becomes a DatabaseError. */
function checked<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error && argumentErrors.some((kind) => error instanceof kind))) throw error;
    throw new DatabaseError("bad_argument", error.message, { cause: error });
  }
}
