import { dropPostgresDatabases, finishBetweenTests, makePostgresDatabase } from "./test-databases.js";
import { connect } from "./rows.js";
import { removePostgres } from "./shared-server.js";

/** Databases of a PostgreSQL server that is started for this run, with its default settings: fsync on. */
export class PostgresDatabases {
  /** Calls `work` with the address of an empty database, and drops the database afterwards. */
  async withNew<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
    const url = await makePostgresDatabase();
    try {
      return await work(url);
    } finally {
      await dropPostgresDatabases();
      // Dropping continues in the background, and would disturb the next measurement.
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

  /** Stops the server and removes its data. */
  async remove(): Promise<void> {
    await removePostgres();
  }
}
