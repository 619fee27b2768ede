import { randomUUID } from "node:crypto";
import type { EntityManager } from "typeorm";
import { Config, Master, Outcome, Param, Raw, Strat, type Table } from "../entities/index.js";
import {
  type Session,
  SetupError,
  type Write,
  deriveSetup,
  toOutcome,
  toParam,
} from "../derivation/index.js";
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
  parseJson,
  readRequest,
  toValue,
} from "../protocol/index.js";
import {
  type Cell,
  DatabaseError,
  type Settlement,
  columnJson,
  columnText,
  columnTime,
  insertRows,
} from "../database/index.js";
import { checkId } from "./record-reader.js";

/** The peer of messages that a program records itself. */
const peer = "library";

/** Errors of the protocol and the derivation that blame the caller's arguments. */
const argumentErrors = [TypeError, EncodingError, ProtocolError, SetupError];

/** How {@link RecordWriter} writes. */
export interface WritePath {
  submit(write: Write): Promise<Settlement>;
  sessionScope<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result>;
}

/** A session that a program begins. */
export interface SetupRecord {
  readonly description?: string;
  readonly name?: string;
  /** Any value, or the JSON text of an object, as AEPsych's functions take it; an object is merged with what the config says. */
  readonly extraMetadata?: unknown;
  /** The experiment's id; default: a new UUID. */
  readonly id?: string;
  readonly participantId?: string;
  /** A client's setup message, `{"type": "setup", "message": …}`; default: one made of the other members. */
  readonly request?: object;
}

const setupMembers = [
  "description",
  "name",
  "extraMetadata",
  "id",
  "participantId",
  "request",
] as const satisfies (keyof SetupRecord)[];

/** When a trial happened, and what is stored with it. */
export interface RawRecord {
  /** Default: now. */
  readonly timestamp?: Date;
  readonly extraData?: unknown;
}

/** Writes what a program records, on the same path as the daemon's messages. */
export class RecordWriter {
  constructor(readonly path: WritePath) {}

  /** Begins a session; returns the unique_id of its setup's replay row. */
  async setup(record: SetupRecord): Promise<number> {
    if (typeof (record as unknown) !== "object" || (record as unknown) === null)
      throw badArgument("recordSetup needs an object.");
    checkMembers("recordSetup", record, setupMembers);
    const fields: [string, unknown][] = [
      ["experiment_name", record.name],
      ["experiment_description", record.description],
      ["experiment_id", record.id],
      ["participant_id", record.participantId],
      ["extra_metadata", readMetadata(record.extraMetadata)],
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

  /** Stores a message of a session with everything derived from it; returns the unique_id of its replay row. */
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

  /** Writes a trial that no message contains. */
  async raw(master: Master, modelData: boolean, record: RawRecord): Promise<Raw> {
    checkMembers("recordRaw", record, ["timestamp", "extraData"]);
    const { timestamp = new Date(), extraData } = record;
    if (typeof (modelData as unknown) !== "boolean") throw badArgument("modelData must be true or false.");
    if (!((timestamp as unknown) instanceof Date) || Number.isNaN(timestamp.getTime()))
      throw badArgument("A trial's timestamp must be a valid Date.");
    return this.#insert(Raw, under(Master, master), {
      timestamp: columnTime(timestamp.getTime()),
      model_data: modelData,
      extra_data: extraData === undefined ? null : columnJson(formatJson(checked(() => toValue(extraData)))),
    });
  }

  async param(raw: Raw, name: string, value: unknown): Promise<Param> {
    const { value: text, number } = checked(() => toParam("", toValue(value)));
    return this.#insert(Param, under(Raw, raw), {
      param_name: columnName(name),
      param_value: columnText(text),
      param_number: number,
    });
  }

  async outcome(raw: Raw, name: string, value: number | boolean | string | null): Promise<Outcome> {
    if (value !== null && !["number", "boolean", "string"].includes(typeof value))
      throw badArgument("An outcome must be a number, a boolean, a text or null.");
    const { value: number, text } = toOutcome(name, value);
    return this.#insert(Outcome, under(Raw, raw), {
      outcome_name: columnName(name),
      outcome_value: number,
      outcome_text: columnText(text),
    });
  }

  /** Writes a snapshot that no message contains. */
  async strat(master: Master, strat: unknown): Promise<Strat> {
    const value = checked(() => toValue(strat));
    const frame = value instanceof Uint8Array ? value : encode(value);
    const coding = value instanceof Uint8Array ? "bytes" : codingOf(frame);
    return this.#insert(Strat, under(Master, master), {
      timestamp: columnTime(Date.now()),
      strat: frame,
      coding,
    });
  }

  /** @param config INI text, or an object of sections. */
  async config(master: Master, config: string | object): Promise<Config> {
    const { sections } = checked(() => deriveSetup(new Map([["config", toValue(config)]]), undefined));
    return this.#insert(Config, under(Master, master), {
      timestamp: columnTime(Date.now()),
      config: columnJson(formatJson(sections)),
    });
  }

  /** Inserts a row and reads it back in the same transaction: a read that fails later would look as if nothing had been written. */
  #insert<Row extends Table>(
    entity: new () => Row,
    { owner, column, id }: Owner,
    cells: Readonly<Record<string, Cell>>,
  ): Promise<Row> {
    return this.path.sessionScope(async (manager) => {
      if (!(await manager.existsBy<Table>(owner, { uniqueId: id })))
        throw badArgument(`There is no ${nameOf(owner)} with the unique_id ${id}.`);
      const columns = [...Object.keys(cells), column];
      const table = manager.connection.getMetadata(entity).tableName;
      const [uniqueId] = await insertRows(manager, table, columns, [...Object.values(cells), id]);
      if (uniqueId === undefined) throw new Error(`${table} gave no id.`);
      return manager.findOneByOrFail<Table>(entity, { uniqueId }) as Promise<Row>;
    });
  }
}

/** The parent of a new row. */
interface Owner {
  readonly owner: typeof Master | typeof Raw;
  /** The column that refers to the parent. */
  readonly column: string;
  readonly id: number;
}

function under(owner: Owner["owner"], row: Master | Raw | undefined): Owner {
  const id = row?.uniqueId;
  checkId(`${nameOf(owner)}'s unique_id`, id);
  return { owner, column: owner === Master ? "master_table_id" : "iteration_id", id };
}

function nameOf(owner: Owner["owner"]): string {
  return owner === Master ? "master" : "trial";
}

function columnName(name: unknown): string {
  if (typeof name === "string") return columnText(name);
  throw badArgument(`A name must be a text; this is ${String(name)}.`);
}

/** Refuses members that would be ignored, as programs without types may give them. */
function checkMembers(what: string, record: object, names: readonly string[]): void {
  const isRecord = Object.prototype.toString.call(record) === "[object Object]";
  const stray = isRecord ? Object.keys(record).find((name) => !names.includes(name)) : "";
  if (stray === undefined) return;
  const given = stray === "" ? "" : `, not ${stray}`;
  throw badArgument(`${what} takes an object with the members ${names.join(", ")}${given}.`);
}

/** The object that a JSON text holds, as AEPsych's functions take metadata; any other value unchanged. */
function readMetadata(metadata: unknown): unknown {
  if (typeof metadata !== "string") return metadata;
  try {
    const read = parseJson(metadata);
    return isMap(read) ? read : metadata;
  } catch (error) {
    if (error instanceof ProtocolError) return metadata;
    throw error;
  }
}

function badArgument(sentence: string): DatabaseError {
  return new DatabaseError("bad_argument", sentence);
}

function storedId(settlement: Settlement): number {
  if (settlement.kind === "stored") return settlement.message.replayId;
  throw new DatabaseError("rejected", settlement.reason);
}

function encode(value: Value): Uint8Array {
  return checked(() => encodeValue(value));
}

/** Runs `work`; errors that blame the arguments become DatabaseErrors. */
function checked<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error && argumentErrors.some((kind) => error instanceof kind))) throw error;
    throw new DatabaseError("bad_argument", error.message, { cause: error });
  }
}
