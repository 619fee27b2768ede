import pg from "pg";
import { DataSource, type EntityManager, QueryFailedError, type QueryRunner, TypeORMError } from "typeorm";
import { migrations } from "../../migrations/index.js";
import * as entities from "../entities/index.js";
import { DatabaseError } from "./database-error.js";
import type { Engine } from "./engine.js";
import { checkSchema, climb, needTables, tableNames } from "./schema.js";

/** How long a statement may go without an answer before the server counts as lost. */
const answerWithinMs = 30_000;

/** How long a server may take to answer a connection. */
const connectWithinMs = 5000;

// Classes of SQLSTATE that say nothing of the statement: connection, resources, object state (a lock that was not to be
// had), operator intervention, the server's system and its inner errors; and a transaction that was ended for its idleness.
const failureClasses = /^(08|53|55|57|58|F0|XX|25P0[34])/;

/** A PostgreSQL database, which several telltales may share. */
export class PostgresEngine implements Engine {
  readonly name: string;
  readonly path = undefined;
  // Weaker than `for update`, so that rows that refer to the session can be written meanwhile.
  readonly rowLock = "for no key update of master";

  /**
   * @param url `postgres://user:password@host:port/database`, with parameters as libpq knows them.
   * @param busyTimeoutMs how long to wait for a session that another writer has locked.
   * @throws DatabaseError `bad_address`.
   */
  constructor(
    readonly url: string,
    readonly busyTimeoutMs: number,
  ) {
    this.name = nameOf(url);
  }

  async openWriter(): Promise<DataSource> {
    const writer = await this.#open({
      synchronous_commit: "on",
      lock_timeout: this.busyTimeoutMs,
      // A telltale whose machine died must not keep its sessions locked for those that live.
      idle_in_transaction_session_timeout: 2 * answerWithinMs,
    });
    try {
      await this.#checkSettings(writer);
      await alone(writer, async () => {
        await checkSchema(writer, await listTables(writer), this.name);
        await climb(writer);
      });
      return writer;
    } catch (error) {
      await writer.destroy();
      throw this.#explain(error);
    }
  }

  async openReader(): Promise<DataSource> {
    return this.#open({ default_transaction_read_only: "on" });
  }

  async checkReadable(reader: DataSource): Promise<void> {
    await checkSchema(reader, needTables(await listTables(reader), this.name), this.name);
  }

  async runQuery(reader: DataSource, sql: string, parameters: unknown[]): Promise<unknown[]> {
    const runner = reader.createQueryRunner();
    try {
      await runner.query("start transaction read only");
      const client = (await runner.connect()) as pg.PoolClient;
      // The extended protocol takes one statement only, so that none can end the transaction and go on.
      const statement = { text: sql, values: parameters, queryMode: "extended" };
      const { rows } = await client.query<object>(statement);
      return rows;
    } finally {
      await runner.query("rollback").finally(() => runner.release());
    }
  }

  async remove(): Promise<void> {
    const dataSource = await this.#open({ lock_timeout: this.busyTimeoutMs });
    try {
      await dataSource.query(`drop table if exists ${tableNames.join(", ")}`);
    } finally {
      await dataSource.destroy();
    }
  }

  async readVersion(dataSource: DataSource): Promise<string> {
    const [row] = await dataSource.query<{ server_version: string }[]>("show server_version");
    return `PostgreSQL ${row?.server_version ?? "of unknown version"}`;
  }

  isDriverFailure(error: unknown): boolean {
    const state = stateOf(error);
    if (state !== undefined) return failureClasses.test(state) || this.isWrongStatement(error);
    return error instanceof TypeORMError;
  }

  isStatementError(error: unknown): boolean {
    const state = stateOf(error);
    return state !== undefined && (!failureClasses.test(state) || this.isWrongStatement(error));
  }

  isWrongStatement(error: unknown): boolean {
    return stateOf(error)?.startsWith("42") ?? false;
  }

  // What was committed is in the server's care.
  recover(): Promise<void> {
    return Promise.resolve();
  }

  async probe(manager: EntityManager): Promise<void> {
    await manager.query("select pg_logical_emit_message(true, 'telltale', 'probe')");
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  async #open(settings: Readonly<Record<string, string | number>>): Promise<DataSource> {
    const dataSource = new DataSource({
      type: "postgres",
      driver: pg,
      connectTimeoutMS: connectWithinMs,
      applicationName: "telltale",
      entities: Object.values(entities),
      migrations,
      // TypeORM's other loggers write to stdout.
      logger: "debug",
      extra: {
        connectionString: this.url,
        keepAlive: true,
        query_timeout: answerWithinMs,
        options: Object.entries(settings)
          .map(([name, value]) => `-c ${name}=${value}`)
          .join(" "),
      },
    });
    nameBytes(dataSource);
    try {
      await dataSource.initialize();
    } catch (error) {
      throw this.#explain(error);
    }
    return dataSource;
  }

  async #checkSettings(writer: DataSource): Promise<void> {
    const needed = { fsync: "on", full_page_writes: "on", synchronous_commit: "on", server_encoding: "UTF8" };
    for (const [name, value] of Object.entries(needed)) {
      const [row] = await writer.query<{ setting: string }[]>(`select current_setting('${name}') as setting`);
      if (row?.setting !== value) {
        throw new DatabaseError(
          "unsafe_settings",
          `The PostgreSQL server of ${this.name} has ${name} = ${row?.setting ?? "unknown"}, with which messages can be lost; set it to ${value}.`,
        );
      }
    }
  }

  #explain(error: unknown): DatabaseError {
    if (error instanceof DatabaseError) return error;
    const state = stateOf(error);
    const says = (sentence: string) => new DatabaseError("cannot_open", sentence, { cause: error });
    if (state === "28P01" || state === "28000") {
      return says(`${this.name} refuses this user or password; check the address.`);
    }
    if (state === "3D000") {
      return says(`${this.name} does not exist on that server; make it with createdb, or check the address.`);
    }
    if (state === undefined || state.startsWith("08")) {
      return says(`${this.name} cannot be reached; start the server, or check the address.`);
    }
    return says(`${this.name} cannot be used: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** The address as it may be shown: without password and parameters. */
function nameOf(url: string): string {
  try {
    const { protocol, username, host, pathname } = new URL(url);
    return `${protocol}//${username === "" ? "" : `${username}@`}${host}${pathname}`;
  } catch {
    // The address is not repeated: a password may stand anywhere in it.
    throw new DatabaseError(
      "bad_address",
      "The address of the PostgreSQL database cannot be read; it must look like postgres://user:password@host:5432/database.",
    );
  }
}

/** Runs `work` while no other telltale runs its own on the same database. */
async function alone(dataSource: DataSource, work: () => Promise<void>): Promise<void> {
  const runner: QueryRunner = dataSource.createQueryRunner();
  try {
    await runner.query("set lock_timeout = 0");
    await runner.query("select pg_advisory_lock(hashtext('telltale migrations'))");
    await work();
    await runner.query("select pg_advisory_unlock(hashtext('telltale migrations'))");
    await runner.query("reset lock_timeout");
  } finally {
    await runner.release();
  }
}

async function listTables(dataSource: DataSource): Promise<string[]> {
  // Other programs may have tables of their own in the same schema.
  const rows = await dataSource.query<{ name: string }[]>(
    `select table_name as name from information_schema.tables
     where table_schema = current_schema() and table_name in (${tableNames.map((name) => `'${name}'`).join(", ")})`,
  );
  return rows.map(({ name }) => name);
}

/** TypeORM has no name for bytes that fits both engines; PostgreSQL's is bytea. */
function nameBytes({ driver }: DataSource): void {
  const normalizeType = driver.normalizeType.bind(driver);
  driver.normalizeType = (column) => ((column.type as unknown) === Buffer ? "bytea" : normalizeType(column));
}

function stateOf(error: unknown): string | undefined {
  const source: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const code = source instanceof Error && "code" in source ? source.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
