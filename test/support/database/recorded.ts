import { expect } from "chai";
import { ReadOnlyStore } from "../../../src/database/index.js";
import type { Daemon } from "../../../src/index.js";
import type { Coding } from "../../../src/protocol/index.js";
import { Client } from "../client/client.js";

/** A setup, with a config of one section and metadata of its own. */
export function setupOf(session: string, metadata: Readonly<Record<string, string>> = {}): object {
  const lines = Object.entries(metadata).map(([key, value]) => `${key} = ${value}\n`);
  const config_str = `[common]\nparnames = [x]\n[metadata]\n${lines.join("")}`;
  return { type: "setup", session, message: { config_str } };
}

/** A tell of one trial. */
export function tellOf(config: object, outcome: unknown, extra_info: object = {}): object {
  return { type: "tell", message: { config, outcome }, extra_info };
}

/** Sends messages to a daemon on a connection of their own, each of which it is to take. */
export async function record(
  daemon: Daemon,
  messages: readonly unknown[],
  coding: Coding = "json",
): Promise<void> {
  const client = await Client.connect(daemon.url, coding);
  for (const message of messages) expect(await client.ask(message)).to.include({ ok: true });
  await client.close();
}

const open = new Set<ReadOnlyStore>();

/** Opens a database to read it; it is closed by {@link closeReaders}. */
export async function openToRead(location: string): Promise<ReadOnlyStore> {
  const database = await ReadOnlyStore.open(location);
  open.add(database);
  return database;
}

export async function closeReaders(): Promise<void> {
  for (const database of open) await database.close();
  open.clear();
}

export async function collect<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const list: Row[] = [];
  for await (const row of rows) list.push(row);
  return list;
}
