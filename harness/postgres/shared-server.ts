import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Database } from "../../src/index.js";
import { PostgresServer, administer, hashPasswordOnce, urlOnPort } from "./server.js";

/** The database with telltale's schema that others are copied from. */
export const readyTemplate = "telltale_ready";

/** The file in which the first process of a run writes the port of its server. */
export const announcement = "postgres";

/** The environment variable with the path of that file. */
const variable = "POSTGRES_OF_TESTS";

let server: Promise<PostgresServer> | undefined;
let port: Promise<number> | undefined;

/** Starts a server in the background for this process and its children, which wait for it only when they need it. */
export function sharePostgres(folder: string): void {
  const file = join(folder, announcement);
  process.env[variable] = file;
  server = startReady();
  const announced = server.then(({ port: number }) => String(number), String);
  void announced.then(async (text) => {
    await writeFile(`${file}.part`, text);
    await rename(`${file}.part`, file);
  });
}

/** The port of the run's server, which this process starts if no other has. */
export function findPostgres(): Promise<number> {
  port ??= find();
  return port;
}

/** Whether this process started the run's server. */
export function startsPostgres(): boolean {
  return server !== undefined;
}

/** Stops the server that this process started, if it did, and removes its data. */
export async function removePostgres(): Promise<void> {
  const started = server;
  server = undefined;
  port = undefined;
  await (await started?.catch(() => undefined))?.remove();
}

async function find(): Promise<number> {
  const file = process.env[variable];
  if (server !== undefined || file === undefined) {
    server ??= startReady();
    return (await server).port;
  }
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) await pause(20);
    else if (/^\d+$/.test(text)) return Number(text);
    else throw new Error(`PostgreSQL did not start: ${text}`);
  }
}

/** Starts a server with a database that telltale has opened once. */
async function startReady(): Promise<PostgresServer> {
  const made = await PostgresServer.start();
  await administer(made.port, hashPasswordOnce);
  await administer(made.port, `create database ${readyTemplate}`);
  await (await Database.open(made.urlOf(readyTemplate))).close();
  // PostgreSQL copies a database only while nothing is connected to it.
  const connected = `select 1 from pg_stat_activity where datname = '${readyTemplate}'`;
  while ((await administer(made.port, connected)).length > 0) await pause(5);
  return made;
}

/** The address of a database of the run's server. */
export async function urlOfShared(database: string): Promise<string> {
  return urlOnPort(await findPostgres(), database);
}
