import type { DataSource } from "typeorm";
import { DatabaseError } from "../database/index.js";
import { type Master, Outcome, Param, type Raw, type Replay } from "../entities/index.js";
import type { Value } from "../protocol/index.js";
import { RecordReader, checkId } from "./record-reader.js";

/**
 * The reading half of {@link Database}: AEPsych's `get_…` functions, which hold their result in memory, and their `stream…`
 * forms, which read page by page.
 */
export abstract class StoredRecords {
  readonly #records = new RecordReader(() => this.getEngine());

  /** TypeORM's data source that reads this database; it cannot write. */
  abstract getEngine(): DataSource;

  /** Every session, in the order in which they were begun here. */
  getMasterRecords(): Promise<Master[]> {
    return this.#list(this.#records.masters());
  }

  /**
   * One session, undefined if there is none.
   *
   * @param id its unique_id, or, as text, an experiment_id: then the first session of that experiment.
   */
  getMasterRecord(id: number | string): Promise<Master | undefined> {
    return this.reading(() =>
      typeof id === "string" ? this.#records.findMasterOf(id) : this.#records.findMaster(id),
    );
  }

  /** Writes a line for each session: its unique_id, session_id, experiment's name, and participant. */
  async listMasterRecords(
    write: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
  ): Promise<void> {
    for await (const master of this.streamMasterRecords()) {
      const { uniqueId, sessionId, experimentName, participantId } = master;
      write([uniqueId, sessionId, experimentName ?? "", participantId ?? ""].join("\t"));
    }
  }

  /** The messages of a session in their order; undefined if there is no such session. */
  getReplayFor(masterId: number): Promise<Replay[] | undefined> {
    return this.#listOf(masterId, this.#records.replays(masterId));
  }

  /** The snapshots of a session in their order, each as it was sent; undefined if there is no such session, or it has none. */
  async getStratsFor(masterId: number): Promise<Value[] | undefined> {
    const strats = await this.#list(this.streamStratsFor(masterId));
    return strats.length === 0 ? undefined : strats;
  }

  /**
   * One snapshot of a session, as it was sent; undefined if there is none at this position.
   *
   * @param position 0 is the first, −1 the last, −2 the one before.
   */
  getStratFor(masterId: number, position = -1): Promise<Value | undefined> {
    return this.reading(() => this.#records.stratAt(masterId, position));
  }

  /** The sections of a session's first config; undefined if there is no such session, or it has none. */
  getConfigFor(masterId: number): Promise<Value | undefined> {
    return this.reading(async () => {
      for await (const config of this.#records.configs(masterId)) return this.#records.readConfig(config);
      return undefined;
    });
  }

  /** The trials of a session in their order; undefined if there is no such session. */
  getRawFor(masterId: number): Promise<Raw[] | undefined> {
    return this.#listOf(masterId, this.#records.raws(masterId));
  }

  /** The parameters of all trials of a session, trial by trial; undefined if there is no such session. */
  getAllParamsFor(masterId: number): Promise<Param[] | undefined> {
    return this.#listOf(masterId, this.#records.params(masterId));
  }

  /** The parameters of one trial; undefined if the session has no trial with this unique_id. */
  getParamFor(masterId: number, iterationId: number): Promise<Param[] | undefined> {
    return this.reading(() => this.#records.ofTrial(Param, masterId, iterationId));
  }

  /** The outcomes of all trials of a session, trial by trial; undefined if there is no such session. */
  getAllOutcomesFor(masterId: number): Promise<Outcome[] | undefined> {
    return this.#listOf(masterId, this.#records.outcomes(masterId));
  }

  /** The outcomes of one trial; undefined if the session has no trial with this unique_id. */
  getOutcomeFor(masterId: number, iterationId: number): Promise<Outcome[] | undefined> {
    return this.reading(() => this.#records.ofTrial(Outcome, masterId, iterationId));
  }

  /** The rows of {@link getMasterRecords}, one by one. */
  streamMasterRecords(): AsyncGenerator<Master> {
    return this.#stream(this.#records.masters());
  }

  /** The rows of {@link getReplayFor}, one by one; none if there is no such session. */
  streamReplayFor(masterId: number): AsyncGenerator<Replay> {
    return this.#stream(this.#records.replays(masterId));
  }

  /** The snapshots of {@link getStratsFor}, one by one; none if there is no such session. */
  streamStratsFor(masterId: number): AsyncGenerator<Value> {
    return this.#stream(this.#records.stratValues(masterId));
  }

  /** The rows of {@link getRawFor}, one by one; none if there is no such session. */
  streamRawFor(masterId: number): AsyncGenerator<Raw> {
    return this.#stream(this.#records.raws(masterId));
  }

  /** The rows of {@link getAllParamsFor}, one by one; none if there is no such session. */
  streamAllParamsFor(masterId: number): AsyncGenerator<Param> {
    return this.#stream(this.#records.params(masterId));
  }

  /** The rows of {@link getAllOutcomesFor}, one by one; none if there is no such session. */
  streamAllOutcomesFor(masterId: number): AsyncGenerator<Outcome> {
    return this.#stream(this.#records.outcomes(masterId));
  }

  /** Runs `work`, which reads; whatever it throws but a DatabaseError becomes one, `unavailable`. */
  protected abstract reading<Result>(work: () => Promise<Result>): Promise<Result>;

  /** A row that was just written. */
  protected async readBack<Row extends Replay | Master>(
    entity: new () => Row,
    uniqueId: number,
  ): Promise<Row> {
    checkId("unique_id", uniqueId);
    try {
      return await this.reading(() => this.#records.get(entity, uniqueId));
    } catch (error) {
      // Reported as unavailable, the message would be recorded again, and its trials with it.
      throw new DatabaseError(
        "stored",
        "It is stored, and cannot be read back now; do not record it again.",
        {
          cause: error,
        },
      );
    }
  }

  async *#stream<Row>(rows: AsyncGenerator<Row>): AsyncGenerator<Row> {
    for (;;) {
      const next = await this.reading(() => rows.next());
      if (next.done === true) return;
      yield next.value;
    }
  }

  async #list<Row>(rows: AsyncGenerator<Row>): Promise<Row[]> {
    const list: Row[] = [];
    for await (const row of this.#stream(rows)) list.push(row);
    return list;
  }

  async #listOf<Row>(masterId: number, rows: AsyncGenerator<Row>): Promise<Row[] | undefined> {
    const master = await this.reading(() => this.#records.findMaster(masterId));
    return master === undefined ? undefined : this.#list(rows);
  }
}
