import type { Daemon } from "../../../src/index.js";
import { Client } from "../../../harness/client.js";

/** What a daemon answered over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON; undefined where it is none. */
  readonly json: unknown;
}

/** Asks a daemon for a path. */
export async function get(
  daemon: Daemon,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<Answer> {
  const response = await fetch(httpUrl(daemon) + path, {
    method,
    headers: { connection: "close", ...headers },
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true && text !== "";
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

/** Where a daemon answers HTTP. */
export function httpUrl(daemon: Daemon): string {
  return daemon.url.replace(/^ws/, "http");
}

/** A page of a list: its rows, and where to go on. */
export interface AnsweredPage {
  readonly rows: readonly Record<string, unknown>[];
  readonly cursor: number;
  readonly more: boolean;
}

/** Asks for a page of a list, which must be there. */
export async function getPage(daemon: Daemon, path: string): Promise<AnsweredPage> {
  const { status, json, text } = await get(daemon, path);
  if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
  const { cursor, more, ...lists } = json as Omit<AnsweredPage, "rows"> &
    Record<string, AnsweredPage["rows"]>;
  const [rows = []] = Object.values(lists);
  return { rows, cursor, more };
}

/** Asks for a list as a stream, and gives its rows. */
export async function getLines(daemon: Daemon, path: string): Promise<Record<string, unknown>[]> {
  const { text } = await get(daemon, path, { accept: "application/x-ndjson" });
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Ids of sessions; those of the first two begin alike. */
export const aa1 = "aa000000-0000-4000-8000-000000000001";
export const aa2 = "aa000000-0000-4000-8000-000000000002";
export const bb3 = "bb000000-0000-4000-8000-000000000003";

/** Begins a session over a connection that stays open; its setup names an experiment and a participant. */
export async function beginSession(
  daemon: Daemon,
  session: string,
  { experiment = "e1", participant = "p1", name = "contrast" } = {},
): Promise<Client> {
  const client = await Client.connect(daemon.url, "messagepack");
  await client.request({
    type: "setup",
    session,
    message: {
      experiment_id: experiment,
      participant_id: participant,
      experiment_name: name,
      extra_metadata: { lab: "cellar" },
      config: { common: { parnames: "[x]" } },
    },
  });
  return client;
}

/** A tell of one trial. */
export function tellOf(trial: number): object {
  return {
    type: "tell",
    id: `t${trial}`,
    message: { config: { x: trial / 8 }, outcome: trial % 2 },
    extra_info: { trial },
  };
}
