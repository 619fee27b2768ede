import { expect } from "chai";
import type { Daemon } from "../../../src/index.js";
import type { Coding } from "../../../src/protocol/index.js";
import { Client } from "../../../harness/client.js";

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

/** Sends messages to a daemon over a connection of their own; expects it to accept each. */
export async function sendAll(
  daemon: Daemon,
  messages: readonly unknown[],
  coding: Coding = "json",
): Promise<void> {
  const client = await Client.connect(daemon.url, coding);
  for (const message of messages) expect(await client.request(message)).to.include({ ok: true });
  await client.close();
}
