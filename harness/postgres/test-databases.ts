import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { PostgresServer, administer } from "./server.js";
import { readSchemaDigest, resetDatabase } from "./reset-database.js";
import { findPostgres, readyTemplate, urlOfShared } from "./shared-server.js";

/** How long the server may take to notice a closed connection. */
const noticedWithinMs = 30_000;

const databases = new Set<string>();
const servers = new Set<PostgresServer>();
/** Databases with telltale's schema and without rows, for the next tests. */
const spares: string[] = [];
/** The schema digest of a new database. */
let readyDigest: Promise<string | undefined> | undefined;
/** Settles when the work between two tests is done. */
let pending: Promise<void> = Promise.resolve();

/** Starts a server that a test may stop; it is removed after the test. */
export async function startPostgresServer(): Promise<PostgresServer> {
  const server = await PostgresServer.start();
  servers.add(server);
  return server;
}

/** An empty database of the run's server; it is dropped after the test. */
export async function makePostgresDatabase(): Promise<string> {
  return take(await create(await findPostgres(), "template1"));
}

/** A database with telltale's schema already in it, for tests that need not wait for the migrations. */
export async function makeReadyPostgresDatabase(): Promise<string> {
  await pending;
  const spare = spares.pop();
  if (spare !== undefined) return take(spare);
  const made = await create(await findPostgres(), readyTemplate);
  readyDigest ??= readSchemaDigest(await urlOfShared(made));
  await readyDigest;
  return take(made);
}

async function take(name: string): Promise<string> {
  databases.add(name);
  return urlOfShared(name);
}

/** The addresses of the databases of the present test. */
export async function listPostgresDatabases(): Promise<string[]> {
  return Promise.all([...databases].map(urlOfShared));
}

/**
 * Drops the databases of a test, and removes its servers.
 *
 * @throws Error when something is still connected to one of the databases.
 */
export async function dropPostgresDatabases(): Promise<void> {
  for (const server of servers) await server.remove();
  servers.clear();
  if (databases.size === 0) return;
  const port = await findPostgres();
  const names = [...databases];
  databases.clear();
  const left = await findConnections(port, names);
  // In the background while the next test runs: this takes longer than many a test.
  pending = pending.then(() => recycle(port, names));
  if (left.length > 0) throw new Error(`Connections were left open: ${JSON.stringify(left)}`);
}

/** Keeps databases for the next tests if they are as new after their rows are deleted, and drops the others. */
async function recycle(port: number, names: readonly string[]): Promise<void> {
  const digest = await readyDigest;
  for (const name of names) {
    const isAsNew = digest !== undefined && (await resetDatabase(await urlOfShared(name), digest));
    if (isAsNew) spares.push(name);
    // With force, so that a leaked connection does not disturb the next tests.
    else await administer(port, `drop database ${name} with (force)`);
  }
}

/** Waits for the work between two tests, such as dropping databases. */
export async function finishBetweenTests(): Promise<void> {
  await pending;
}

async function create(port: number, template: string): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await administer(port, `create database ${name} template ${template}`);
  return name;
}

/** The connections to databases that are still open after the server had time to notice closed ones. */
async function findConnections(port: number, names: readonly string[]): Promise<unknown[]> {
  const list = names.map((name) => `'${name}'`).join(", ");
  const sql = `select datname, application_name, state, query from pg_stat_activity where datname in (${list})`;
  const patience = Date.now() + noticedWithinMs;
  let connected = await administer(port, sql);
  while (connected.length > 0 && Date.now() < patience) {
    await pause(5);
    connected = await administer(port, sql);
  }
  return connected;
}
