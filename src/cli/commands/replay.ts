import { Command, InvalidArgumentError, Option } from "commander";
import { readTokenFileName, tokenSetting } from "../config/token-setting.js";
import { AccessError, readTokenFile } from "../../access/index.js";
import { formatJson } from "../../protocol/index.js";
import { type MessageFilter, type SessionOverview, findSession } from "../../queries/index.js";
import { Replay, ReplayError, describeMessage, readSpeed, sendSession } from "../../replay/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { LineWriter } from "../output/line-writer.js";
import { readTypes } from "./messages.js";
import { reportFailure } from "../report-failure.js";
import { sessionArgument } from "../session-argument.js";
import { settingOption } from "../setting-option.js";

interface ReplayFlags extends Pick<MessageFilter, "from" | "to"> {
  readonly db?: string;
  readonly speed?: number;
  readonly type?: readonly string[];
  readonly follow?: boolean;
  readonly toUrl?: string;
  readonly tokenFile?: string;
}

/** `telltale replay`: plays a session again, to the standard output or to another telltale. */
export function replayCommand(): Command {
  return new Command("replay")
    .description("play a session again: every message in its order, a line of JSON each")
    .addArgument(sessionArgument())
    .addOption(
      new Option("--speed <factor>", "1 in the session's own time, 10 ten times as fast, max without waiting")
        .default(Infinity, "max")
        .argParser(parse(readSpeed)),
    )
    .option("--from <seq or time>", "this one and later ones: 17, 2026-01-31, or 2026-01-31T12:00:00Z")
    .option("--to <seq or time>", "this one and earlier ones")
    .option("--type <type>", "of this type; may be repeated, or name several: ask,tell", readTypes)
    .addOption(
      new Option("--follow", "go on with messages as they are committed, until Ctrl-C").conflicts("to"),
    )
    .addOption(
      new Option("--to-url <address>", "send them to another telltale: ws://192.168.1.20:8765").argParser(
        parse(readUrl),
      ),
    )
    .addOption(settingOption(tokenSetting))
    .addOption(existingDatabaseOption())
    .action((name: string, flags: ReplayFlags) => reportFailure(() => replay(name, flags)));
}

async function replay(
  name: string,
  { db, speed = Infinity, type: types, follow = false, toUrl, tokenFile, ...bounds }: ReplayFlags,
): Promise<void> {
  const token = toUrl === undefined ? undefined : await readToken(tokenFile);
  await readDatabase(db, async (database) => {
    const session = await findSession(database, name);
    const filter = { ...bounds, ...(types && { types }) };
    const player = new Replay(database, session.unique_id, { filter, speed, isFollowing: follow });
    const interrupted = new AbortController();
    // Without it nothing needs to be finished; a second signal ends this too.
    for (const signal of follow ? (["SIGINT", "SIGTERM"] as const) : []) {
      process.once(signal, () => {
        interrupted.abort();
      });
    }
    if (toUrl === undefined) await print(player, interrupted.signal);
    else await send(session, player, toUrl, token, interrupted.signal);
  });
}

async function print(player: Replay, interrupted: AbortSignal): Promise<void> {
  const lines = new LineWriter(process.stdout);
  await player.play(
    (message) => lines.write(formatJson(describeMessage(message))),
    AbortSignal.any([interrupted, lines.gone]),
  );
  await lines.finish();
}

/** How many of the messages that were not taken are named. */
const mostNamed = 10;

async function send(
  session: SessionOverview,
  player: Replay,
  url: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { stored, duplicates, refused, failure } = await sendSession(player, session, url, { signal, token });
  for (const { seq, reason } of refused.slice(0, mostNamed)) {
    process.stderr.write(`Message ${seq} was not taken: ${reason}\n`);
  }
  if (refused.length > mostNamed) process.stderr.write(`… and ${refused.length - mostNamed} more.\n`);
  if (failure !== undefined) process.stderr.write(`${failure}\n`);
  process.stdout.write(
    `${session.session_id}: ${stored} stored, ${duplicates} there before, ${refused.length} not taken.\n`,
  );
  if (failure !== undefined || refused.length > 0) process.exitCode = 1;
}

/** @throws AccessError where a token file is named, and holds no token to write with. */
async function readToken(flag: string | undefined): Promise<string | undefined> {
  const name = readTokenFileName(flag);
  if (name === undefined) return undefined;
  const { tokens } = await readTokenFile(name);
  const token = tokens.find(({ scopes }) => scopes.has("write"));
  if (token !== undefined) return token.secret;
  throw new AccessError(
    "bad_token_file",
    `${name} holds no token with the scope write, which sending messages needs.`,
  );
}

function readUrl(text: string): string {
  if (!URL.canParse(text) || !/^wss?:$/.test(new URL(text).protocol)) {
    throw new ReplayError("invalid", "It must begin with ws:// or wss://.");
  }
  const { username, password } = new URL(text);
  if (username === "" && password === "") return text;
  throw new ReplayError("invalid", "Everybody sees it; put a token into a file, and give --token-file.");
}

/** What `read` refuses, as the command line says it. */
function parse<Result>(read: (text: string) => Result): (text: string) => Result {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw error instanceof ReplayError ? new InvalidArgumentError(error.message) : error;
    }
  };
}
