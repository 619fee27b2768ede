import {
  type DataSource,
  type EntityManager,
  type EntityTarget,
  type FindOptionsWhere,
  In,
  type ObjectLiteral,
  MoreThan,
} from "typeorm";
import { Config, Master, Outcome, Param, Raw, Replay, Strat } from "../entities/index.js";
import { type Value, parseTaggedJson } from "../protocol/index.js";
import { decodeStrat, findStrat } from "../queries/index.js";
import { DatabaseError, maximumInteger, pages } from "../database/index.js";

/** How many rows are read at a time. */
const pageRows = 500;

/** Messages may be large: fewer of them are read at a time. */
const pageMessages = 50;

/** A row of a table with a key of its own. */
interface Keyed extends ObjectLiteral {
  readonly uniqueId: number;
}

/** Reads the rows of sessions page by page: no result is in memory as a whole, and no transaction stays open. */
export class RecordReader {
  readonly #dataSource: () => DataSource;

  /** @param dataSource returns the data source to read; called for every statement, since an upgrade replaces it. */
  constructor(dataSource: () => DataSource) {
    this.#dataSource = dataSource;
  }

  /** The session; undefined if there is none. */
  async findMaster(masterId: number): Promise<Master | undefined> {
    checkId("master's unique_id", masterId);
    return (await this.#repository(Master).findOneBy({ uniqueId: masterId })) ?? undefined;
  }

  /** The first session of an experiment; undefined if there is none. */
  async findMasterOf(experimentId: string): Promise<Master | undefined> {
    const [master] = await this.#repository(Master).find({
      where: { experimentId },
      order: { uniqueId: "ASC" },
      take: 1,
    });
    return master;
  }

  masters(): AsyncGenerator<Master> {
    return this.#pages(Master, {});
  }

  /** The messages of a session in the order of seq. */
  async *replays(masterId: number): AsyncGenerator<Replay> {
    checkId("master's unique_id", masterId);
    const read = (after: number, take: number) =>
      this.#repository(Replay).find({
        where: { masterTableId: masterId, seq: MoreThan(after) },
        order: { seq: "ASC" },
        take,
      });
    for await (const page of pages(read, ({ seq }) => seq, pageMessages)) yield* page;
  }

  strats(masterId: number): AsyncGenerator<Strat> {
    checkId("master's unique_id", masterId);
    return this.#pages(Strat, { masterTableId: masterId }, pageMessages);
  }

  /** The snapshot at a position, counted from the end if it is negative; undefined if there is none. */
  async stratAt(masterId: number, position: number): Promise<Value | undefined> {
    checkId("master's unique_id", masterId);
    return findStrat(this.#manager, masterId, position);
  }

  /** The snapshots of a session, in order. */
  async *stratValues(masterId: number): AsyncGenerator<Value> {
    for await (const strat of this.strats(masterId)) {
      const { strat: bytes, coding, replayTableId } = strat;
      yield await decodeStrat(this.#manager, { strat: bytes, coding, replay_table_id: replayTableId });
    }
  }

  configs(masterId: number): AsyncGenerator<Config> {
    checkId("master's unique_id", masterId);
    return this.#pages(Config, { masterTableId: masterId });
  }

  raws(masterId: number): AsyncGenerator<Raw> {
    checkId("master's unique_id", masterId);
    return this.#pages(Raw, { masterTableId: masterId });
  }

  /** The parameters of a session's trials, trial by trial. */
  params(masterId: number): AsyncGenerator<Param> {
    return this.#ofTrials(Param, masterId);
  }

  /** The outcomes of a session's trials, trial by trial. */
  outcomes(masterId: number): AsyncGenerator<Outcome> {
    return this.#ofTrials(Outcome, masterId);
  }

  /** The parameters or outcomes of one trial; undefined if the session has no such trial. */
  async ofTrial<Row extends Param | Outcome>(
    entity: EntityTarget<Row>,
    masterId: number,
    iterationId: number,
  ): Promise<Row[] | undefined> {
    checkId("master's unique_id", masterId);
    checkId("trial's unique_id", iterationId);
    const isThere = await this.#repository(Raw).existsBy({ uniqueId: iterationId, masterTableId: masterId });
    if (!isThere) return undefined;
    return this.#trialRows(entity, [iterationId]);
  }

  /** The row with this unique_id, which must exist. */
  get<Row extends Keyed>(entity: EntityTarget<Row>, uniqueId: number): Promise<Row> {
    const where = { uniqueId } as FindOptionsWhere<Row>;
    return this.#repository(entity).findOneByOrFail(where);
  }

  /** The sections of a config row. */
  readConfig(config: Config): Value {
    return config.config === null ? null : parseTaggedJson(config.config);
  }

  async *#ofTrials<Row extends Param | Outcome>(
    entity: EntityTarget<Row>,
    masterId: number,
  ): AsyncGenerator<Row> {
    checkId("master's unique_id", masterId);
    const page: number[] = [];
    for await (const { uniqueId } of this.raws(masterId)) {
      page.push(uniqueId);
      if (page.length === pageRows) yield* await this.#trialRows(entity, page.splice(0));
    }
    if (page.length > 0) yield* await this.#trialRows(entity, page);
  }

  #trialRows<Row extends Param | Outcome>(
    entity: EntityTarget<Row>,
    iterationIds: readonly number[],
  ): Promise<Row[]> {
    return this.#manager.find<Param | Outcome>(entity, {
      where: { iterationId: In([...iterationIds]) },
      order: { iterationId: "ASC", uniqueId: "ASC" },
    }) as Promise<Row[]>;
  }

  async *#pages<Row extends Keyed>(
    entity: EntityTarget<Row>,
    where: FindOptionsWhere<Keyed>,
    rows = pageRows,
  ): AsyncGenerator<Row> {
    const read = (after: number, take: number) =>
      this.#manager.find<Keyed>(entity, {
        where: { ...where, uniqueId: MoreThan(after) },
        order: { uniqueId: "ASC" },
        take,
      });
    for await (const page of pages(read, ({ uniqueId }) => uniqueId, rows)) yield* page as Row[];
  }

  get #manager(): EntityManager {
    return this.#dataSource().manager;
  }

  #repository<Row extends ObjectLiteral>(entity: EntityTarget<Row>) {
    return this.#dataSource().getRepository(entity);
  }
}

/** @throws DatabaseError `bad_argument` unless `id` is a whole number from 1 that an integer column can hold. */
export function checkId(what: string, id: unknown): asserts id is number {
  if (typeof id === "number" && Number.isInteger(id) && id >= 1 && id <= maximumInteger) return;
  throw new DatabaseError(
    "bad_argument",
    `A ${what} is a whole number from 1 to ${maximumInteger}; this is ${String(id)}.`,
  );
}
