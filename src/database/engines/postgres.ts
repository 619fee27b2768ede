import pg from "pg";
import { DataSource, type EntityManager, QueryFailedError, type QueryRunner, TypeORMError } from "typeorm";
import { setTimeout } from "node:timers/promises";
import { migrations } from "../../../migrations/index.js";
import * as entities from "../../entities/index.js";
import { DatabaseError } from "../database-error.js";
import type { Engine } from "./engine.js";
import { type PostgresAddress, readPostgresAddress } from "./postgres-address.js";
import { PostgresClients } from "./postgres-client.js";
import { checkSchema, runMigrations, needTables, tableNames, viewNames } from "../schema/check-schema.js";

/** How long a server may take to answer a connection. */
const connectWithinMs = 5000;

/** How often to look whether another telltale is done with the schema. */
const lookAgainMs = 50;

// Classes of SQLSTATE that say nothing of the statement: connection, a transaction that was in another's way, resources, object
// state (a lock that was not to be had), operator intervention, the server's system and its inner errors; and a transaction that
// was ended for its idleness, or that only reads, as after a change of servers.
const failureClasses = /^(08|40|53|55|57|58|F0|XX|25P0[34]|25006)/;

/** Serialization failure and deadlock: rolled back, and worth another try. */
const collisions = new Set(["40001", "40P01"]);

/** What a server must have, so that what it has committed is kept. */
const neededSettings = {
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  server_encoding: "UTF8",
};

/** What connections that write ask for, whatever the server's own settings are. */
const writing = { default_transaction_read_only: "off", synchronous_commit: "on" };

/** A PostgreSQL database, which several telltales may share. */
export class PostgresEngine implements Engine {
  readonly path = undefined;
  // Weaker than `for update`, so that rows that refer to the session can be written meanwhile.
  readonly rowLock = "for no key update of master";
  readonly #address: PostgresAddress;
  readonly #clients = new PostgresClients();

  /**
   * @param url `postgres://user:password@host:port/database`, with parameters as libpq knows them.
   * @param busyTimeoutMs how long to wait for a session that another writer has locked.
   * @param answerWithinMs how long a statement may go without an answer before the server counts as lost; 30 s by default.
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
        // A telltale whose machine died must not keep its sessions locked for those that live.
        idle_in_transaction_session_timeout: 2 * this.answerWithinMs,
        ...writing,
      },
      // One transaction at a time; its connection stays, so that a message after a pause does not wait for a new one.
      { max: 1, idleTimeoutMillis: 0, Client: this.#clients.within(this.answerWithinMs) },
    );
  }

  async openReader(): Promise<DataSource> {
    return this.#open(
      { default_transaction_read_only: "on" },
      { Client: this.#clients.within(this.answerWithinMs) },
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
      // The extended protocol takes one statement only, so that none can end the transaction and go on.
      const statement = { text: sql, values: parameters, queryMode: "extended" };
      const { rows } = await client.query<object>(statement);
      return rows;
    } finally {
      await runner.query("rollback").finally(() => runner.release());
    }
  }

  async remove(): Promise<void> {
    const dataSource = await this.#open(
      { lock_timeout: this.busyTimeoutMs, ...writing },
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

  isDriverFailure(error: unknown): boolean {
    const state = stateOf(error);
    if (state !== undefined) return failureClasses.test(state) || this.isWrongStatement(error);
    return error instanceof TypeORMError;
  }

  isStatementError(error: unknown): boolean {
    const state = stateOf(error);
    if (state === undefined) return false;
    // On a reader the second is a statement that writes.
    return !failureClasses.test(state) || state === "25006" || this.isWrongStatement(error);
  }

  isWrongStatement(error: unknown): boolean {
    return stateOf(error)?.startsWith("42") ?? false;
  }

  isCollision(error: unknown): boolean {
    return collisions.has(stateOf(error) ?? "");
  }

  // What was committed is in the server's care.
  recover(): Promise<void> {
    return Promise.resolve();
  }

  // Takes the locks of a message, and writes to the server's log what changes no row.
  async probe(manager: EntityManager): Promise<void> {
    await manager.query("lock table master, replay_data, rejected_data in row exclusive mode");
    await manager.query("select pg_logical_emit_message(true, 'telltale', 'probe')");
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  interrupt(): void {
    this.#clients.cut();
  }

  /** Brings the schema up to date; its statements may take as long as they need. */
  async #prepareSchema(onUpgrade?: (migrations: readonly string[]) => void): Promise<void> {
    const dataSource = await this.#open(writing, { Client: this.#clients.within() });
    try {
      await this.#checkSettings(dataSource);
      await alone(dataSource, async () => {
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
  ): Promise<DataSource> {
    const { connectionString, options } = this.#address;
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
        ...pool,
        connectionString,
        keepAlive: true,
        options: [options, ...Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)].join(
          " ",
        ),
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

  async #checkSettings(dataSource: DataSource): Promise<void> {
    for (const [name, value] of Object.entries(neededSettings)) {
      const [row] = await dataSource.query<{ setting: string }[]>(
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
    const said = error instanceof Error ? error.message : String(error);
    const says = (sentence: string) => new DatabaseError("cannot_open", sentence, { cause: error });
    // What begins with SASL the driver finds out itself, about a password that is missing.
    if (state === "28P01" || state === "28000" || said.startsWith("SASL")) {
      return says(`${this.name} refuses this user or password; check the address.`);
    }
    if (state === "3D000") {
      return says(`${this.name} does not exist on that server; make it with createdb, or check the address.`);
    }
    if (state === undefined) {
      return says(`${this.name} cannot be reached; start the server, or check the address.`);
    }
    return says(`${this.name} cannot be used: ${said}.`);
  }
}

/** Runs `work` while no other telltale runs its own on the same database. */
async function alone(dataSource: DataSource, work: () => Promise<void>): Promise<void> {
  const runner: QueryRunner = dataSource.createQueryRunner();
  const lock = "hashtext('telltale migrations')";
  const take = async () => {
    const rows = (await runner.query(`select pg_try_advisory_lock(${lock}) as taken`)) as {
      taken: boolean;
    }[];
    return rows[0]?.taken === true;
  };
  try {
    while (!(await take())) await setTimeout(lookAgainMs);
    await work();
    await runner.query(`select pg_advisory_unlock(${lock})`);
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
  // Errors of the socket have codes too.
  return source instanceof pg.DatabaseError ? source.code : undefined;
}
