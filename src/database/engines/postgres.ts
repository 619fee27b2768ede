import pg from "pg";
import { DataSource, type EntityManager, QueryFailedError, type QueryRunner, TypeORMError } from "typeorm";
import { setTimeout } from "node:timers/promises";
import { migrations } from "../../../migrations/index.js";
import type { EntityClass } from "../../entities/index.js";
import * as allEntities from "../../entities/index.js";
import { DatabaseError } from "../database-error.js";
import type { Engine } from "./engine.js";
import type { ErrorKind } from "./error-kind.js";
import { type PostgresAddress, readPostgresAddress } from "./postgres-address.js";
import { PostgresClients } from "./postgres-client.js";
import { checkColumnNames } from "./query-columns.js";
import { checkSchema, needTables, runMigrations, tableNames, viewNames } from "../schema/index.js";

/** How long a server may take to answer a connection. */
const connectWithinMs = 5000;

/** How often to check whether another telltale has finished its migrations. */
const retryEveryMs = 50;

// Classes of SQLSTATE that do not blame the statement: connection, transaction rollback, resources, object state (a lock that
// could not be had), operator intervention, system and internal errors; a transaction ended for its idleness; and a rule that keeps
// an insert from returning its rows.
const failureClasses = /^(08|0A|40|53|55|57|58|F0|XX|25P0[34])/;

/** Serialization failure and deadlock: rolled back, and worth another try. */
const collisions = new Set(["40001", "40P01"]);

/** Settings of the server without which a committed message could be lost. */
const requiredSettings = {
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  server_encoding: "UTF8",
};

/** Settings of connections that write, whatever the server's defaults are. */
const writerSettings = { default_transaction_read_only: "off", synchronous_commit: "on" };

/** A PostgreSQL database, which several telltales may share. */
export class PostgresEngine implements Engine {
  readonly path = undefined;
  readonly file = undefined;
  // Weaker than `for update`, so that rows that refer to the session can be written meanwhile.
  readonly rowLock = "for no key update of master";
  readonly #address: PostgresAddress;
  readonly #clients = new PostgresClients();

  /**
   * @param url `postgres://user:password@host:port/database`, with libpq's parameters.
   * @param busyTimeoutMs how long to wait while another writer has a session locked.
   * @param answerWithinMs how long to wait for the answer to a statement before the connection is cut; 30 s by default.
   * @throws DatabaseError `bad_address`.
   */
  constructor(
    url: string,
    readonly busyTimeoutMs: number,
    readonly answerWithinMs = 30_000,
  ) {
    this.#address = readPostgresAddress(url);
  }

  get name(): string {
    return this.#address.name;
  }

  async openWriter(onUpgrade?: (migrations: readonly string[]) => void): Promise<DataSource> {
    await this.#prepareSchema(onUpgrade);
    return this.#open(
      {
        default_transaction_isolation: "read\\ committed",
        lock_timeout: this.busyTimeoutMs,
        // A telltale whose machine died must not keep its sessions locked.
        idle_in_transaction_session_timeout: 2 * this.answerWithinMs,
        ...writerSettings,
      },
      // One transaction at a time; its connection stays open, so that a message after a pause does not wait for a new one.
      { max: 1, idleTimeoutMillis: 0, Client: this.#clients.within(this.answerWithinMs) },
    );
  }

  async openReader(entities: readonly EntityClass[] = []): Promise<DataSource> {
    return this.#open(
      { default_transaction_read_only: "on" },
      { Client: this.#clients.within(this.answerWithinMs) },
      entities,
    );
  }

  async checkReadable(reader: DataSource): Promise<void> {
    await checkSchema(reader, needTables(await listTables(reader), this.name), this.name);
  }

  async runQuery(reader: DataSource, sql: string, parameters: unknown[]): Promise<unknown[]> {
    const runner = reader.createQueryRunner();
    try {
      await runner.query("start transaction read only");
      const client = (await runner.connect()) as pg.PoolClient;
      // The extended protocol accepts one statement only, so none can end the transaction and run another.
      const statement = { text: sql, values: parameters, queryMode: "extended" };
      const { rows, fields } = await client.query<object>(statement);
      checkColumnNames(fields.map(({ name }) => name));
      return rows;
    } finally {
      await runner.query("rollback").finally(() => runner.release());
    }
  }

  async remove(): Promise<void> {
    const dataSource = await this.#open(
      { lock_timeout: this.busyTimeoutMs, ...writerSettings },
      { Client: this.#clients.within() },
    );
    try {
      await dataSource.query(`drop view if exists ${viewNames.join(", ")}`);
      await dataSource.query(`drop table if exists ${tableNames.join(", ")}`);
    } finally {
      await dataSource.destroy();
    }
  }

  async readVersion(dataSource: DataSource): Promise<string> {
    const [row] = await dataSource.query<{ server_version: string }[]>("show server_version");
    return `PostgreSQL ${row?.server_version ?? "of unknown version"}`;
  }

  classify(error: unknown): ErrorKind {
    const state = stateOf(error);
    if (state === undefined) return error instanceof TypeORMError ? "failure" : "foreign";
    if (collisions.has(state)) return "collision";
    if (state === "25006") return "forbidden";
    if (state.startsWith("42")) return "statement";
    return failureClasses.test(state) ? "failure" : "content";
  }

  // The server keeps what was committed.
  recover(): Promise<void> {
    return Promise.resolve();
  }

  checkPlace(): void {
    // The server has its files open itself.
  }

  checkLog(): void {
    // The server has its files open itself.
  }

  rescue(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  // Takes the locks of a message, and writes a record to the server's log that changes no row.
  async probe(manager: EntityManager): Promise<void> {
    // An administrator can change them while the server runs.
    await this.#checkSettings(manager);
    await manager.query("lock table master, replay_data, rejected_data in row exclusive mode");
    await manager.query("select pg_logical_emit_message(true, 'telltale', 'probe')");
  }

  checkpoint(): Promise<void> {
    return Promise.resolve();
  }

  interrupt(): void {
    this.#clients.cut();
  }

  /** Runs pending migrations; their statements have no time limit. */
  async #prepareSchema(onUpgrade?: (migrations: readonly string[]) => void): Promise<void> {
    const dataSource = await this.#open(writerSettings, { Client: this.#clients.within() });
    try {
      await this.#checkSettings(dataSource);
      await runLocked(dataSource, async () => {
        await checkSchema(dataSource, await listTables(dataSource), this.name);
        await runMigrations(dataSource, onUpgrade);
      });
    } catch (error) {
      throw this.#explain(error);
    } finally {
      await dataSource.destroy();
    }
  }

  async #open(
    settings: Readonly<Record<string, string | number>>,
    pool: Readonly<pg.PoolConfig> & { readonly Client: typeof pg.Client },
    entities: readonly EntityClass[] = Object.values(allEntities),
  ): Promise<DataSource> {
    const { connectionString, options } = this.#address;
    const dataSource = new DataSource({
      type: "postgres",
      driver: pg,
      connectTimeoutMS: connectWithinMs,
      applicationName: "telltale",
      entities: [...entities],
      migrations,
      // TypeORM's other loggers write to stdout.
      logger: "debug",
      extra: {
        ...pool,
        connectionString,
        keepAlive: true,
        options: [options, ...Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)].join(
          " ",
        ),
      },
    });
    mapBytes(dataSource);
    try {
      await dataSource.initialize();
    } catch (error) {
      throw this.#explain(error);
    }
    return dataSource;
  }

  async #checkSettings(connection: DataSource | EntityManager): Promise<void> {
    for (const [name, value] of Object.entries(requiredSettings)) {
      const [row] = await connection.query<{ setting: string }[]>(
        `select current_setting('${name}') as setting`,
      );
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
    const message = error instanceof Error ? error.message : String(error);
    const cannotOpen = (sentence: string) => new DatabaseError("cannot_open", sentence, { cause: error });
    // Messages that begin with SASL come from the driver: the password is missing.
    if (state === "28P01" || state === "28000" || message.startsWith("SASL")) {
      return cannotOpen(`${this.name} refuses this user or password; check the address.`);
    }
    if (state === "3D000") {
      return cannotOpen(
        `${this.name} does not exist on that server; make it with createdb, or check the address.`,
      );
    }
    if (state === undefined) {
      return cannotOpen(`${this.name} cannot be reached; start the server, or check the address.`);
    }
    return cannotOpen(`${this.name} cannot be used: ${message}.`);
  }
}

/** Runs `work` under a lock that all telltales on the same database share. */
async function runLocked(dataSource: DataSource, work: () => Promise<void>): Promise<void> {
  const runner: QueryRunner = dataSource.createQueryRunner();
  const lock = "hashtext('telltale migrations')";
  const tryLock = async () => {
    const rows = (await runner.query(`select pg_try_advisory_lock(${lock}) as taken`)) as {
      taken: boolean;
    }[];
    return rows[0]?.taken === true;
  };
  try {
    while (!(await tryLock())) await setTimeout(retryEveryMs);
    await work();
    await runner.query(`select pg_advisory_unlock(${lock})`);
  } finally {
    await runner.release();
  }
}

async function listTables(dataSource: DataSource): Promise<string[]> {
  // Other programs may have tables in the same schema.
  const rows = await dataSource.query<{ name: string }[]>(
    `select table_name as name from information_schema.tables
     where table_schema = current_schema() and table_name in (${tableNames.map((name) => `'${name}'`).join(", ")})`,
  );
  return rows.map(({ name }) => name);
}

/** Maps entity columns of bytes to bytea: TypeORM has no type name for bytes that both engines know. */
function mapBytes({ driver }: DataSource): void {
  const normalizeType = driver.normalizeType.bind(driver);
  driver.normalizeType = (column) => ((column.type as unknown) === Buffer ? "bytea" : normalizeType(column));
}

function stateOf(error: unknown): string | undefined {
  const source: unknown = error instanceof QueryFailedError ? error.driverError : error;
  // Socket errors have codes too.
  return source instanceof pg.DatabaseError ? source.code : undefined;
}
