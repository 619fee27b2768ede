import type { Daemon } from "../../src/index.js";
import { Client } from "../../harness/client.js";

/** The whole numbers in a range. */
export const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Receives frames up to and including the next state. */
export async function takeUntilState(client: Client): Promise<Record<string, unknown>[]> {
  const frames: Record<string, unknown>[] = [];
  do frames.push(await client.reply());
  while (frames.at(-1)?.["state"] === undefined);
  return frames;
}

/** Connects to a replay with these parameters. */
export const openReplay = (daemon: Daemon, query: string, coding: "json" | "messagepack" = "json") =>
  Client.connect(`${daemon.url}/replay?${query}`, coding);
