import { dropPostgresDatabases, finishBetweenTests, makePostgresDatabase } from "./test-databases.js";
import { connect } from "./rows.js";
import { removePostgres } from "./shared-server.js";

/** Databases of a PostgreSQL that is started for this run, with its own settings: fsync on, and all else as it comes. */
export class PostgresDatabases {
  /** Lets `work` use the address of an empty database, and drops the database afterwards. */
  async withNew<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
    const url = await makePostgresDatabase();
    try {
      return await work(url);
    } finally {
      await dropPostgresDatabases();
      // Dropping goes on by itself, and would take its share of what is measured next.
      await finishBetweenTests();
    }
  }

  /** The server's version. */
  readVersion(): Promise<string> {
    return this.withNew(async (url) => {
      const client = await connect(url);
      const { rows } = await client.query<{ server_version: string }>("show server_version");
      await client.end();
      return rows[0]?.server_version ?? "unknown";
    });
  }

  /** Stops the server and removes all of it. */
  async remove(): Promise<void> {
    await removePostgres();
  }
}
