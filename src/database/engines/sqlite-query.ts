import sqlite3 from "sqlite3";

/**
 * Runs one statement of a user on a read-only connection of its own. Closing the connection ends whatever the statement leaves: a
 * transaction, a setting, a temporary table. No other file can be attached, which `vacuum into` would write.
 *
 * @param database the path of a SQLite file, or its URI.
 * @throws the driver's error.
 */
export async function runAlone(
  database: string,
  busyTimeoutMs: number,
  sql: string,
  parameters: readonly unknown[],
): Promise<unknown[]> {
  const connection = await open(database);
  try {
    connection.configure("busyTimeout", busyTimeoutMs);
    connection.configure("limit", sqlite3.LIMIT_ATTACHED, 0);
    return await new Promise((resolve, fail) => {
      connection.all(sql, parameters, (error, rows) => {
        if (error === null) resolve(rows);
        else fail(error);
      });
    });
  } finally {
    await new Promise((resolve) => {
      connection.close(resolve);
    });
  }
}

function open(database: string): Promise<sqlite3.Database> {
  return new Promise((resolve, fail) => {
    const connection = new sqlite3.Database(
      database,
      sqlite3.OPEN_READONLY | sqlite3.OPEN_URI,
      (error: Error | null) => {
        if (error === null) resolve(connection);
        else fail(error);
      },
    );
  });
}
