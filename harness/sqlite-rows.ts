import sqlite3 from "sqlite3";
import type { Row } from "./row.js";

/** Reads a SQLite file; see {@link Row}. */
export function readRows(path: string, sql: string, parameters: unknown[]): Promise<Row[]> {
  return readSeveral(path, (read) => read(sql, parameters));
}

/** Reads a SQLite file with several statements over one connection. */
export async function readSeveral<Result>(
  path: string,
  work: (read: (sql: string, parameters?: unknown[]) => Promise<Row[]>) => Promise<Result>,
): Promise<Result> {
  const database = await open(path, sqlite3.OPEN_READONLY);
  try {
    return await work((sql, parameters = []) => all(database, sql, parameters));
  } finally {
    await close(database);
  }
}

/** Runs statements on a SQLite file. */
export async function execute(path: string, sql: string): Promise<void> {
  const database = await open(path, sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE);
  try {
    await new Promise<void>((resolve, reject) => {
      database.exec(sql, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  } finally {
    await close(database);
  }
}

/** Locks a SQLite file against other writers until the returned function is called. */
export function lockWriters(path: string): Promise<() => Promise<void>> {
  return holdOpen(path, "begin immediate");
}

/** Runs a statement on a SQLite file and keeps the connection and its locks until the returned function is called. */
export async function holdOpen(path: string, sql: string): Promise<() => Promise<void>> {
  const database = await open(path, sqlite3.OPEN_READWRITE);
  await all(database, sql, []);
  return () => close(database);
}

/** Reads a SQLite file in a transaction that stays open until the returned function is called. */
export async function holdSnapshot(path: string): Promise<() => Promise<void>> {
  const database = await open(path, sqlite3.OPEN_READONLY);
  for (const sql of ["begin", "select count(*) from sqlite_master"]) await all(database, sql, []);
  return () => close(database);
}

function open(path: string, mode: number): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const database: sqlite3.Database = new sqlite3.Database(path, mode, (error) => {
      if (error === null) resolve(database);
      else reject(error);
    });
  });
}

function all(database: sqlite3.Database, sql: string, parameters: unknown[]): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    database.all(sql, parameters, (error, rows) => {
      if (error === null) resolve(rows as Row[]);
      else reject(error);
    });
  });
}

function close(database: sqlite3.Database): Promise<void> {
  return new Promise((resolve, reject) => {
    database.close((error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}
