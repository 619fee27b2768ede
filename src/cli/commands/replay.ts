import { Command, InvalidArgumentError, Option } from "commander";
import { AccessError, readTokenFile } from "../../access/index.js";
import { escapeForTerminal, escapeLines } from "../../common/index.js";
import { formatJson } from "../../protocol/index.js";
import { type MessageFilter, type SessionOverview, findSession } from "../../queries/index.js";
import {
  Replay,
  ReplayError,
  type TimeBasis,
  describeMessage,
  readSpeed,
  sendSession,
  timeBases,
} from "../../replay/index.js";
import { readTokenFileName, tokenSetting } from "../config/token-setting.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { LineWriter } from "../output/line-writer.js";
import { reportFailure } from "../report-failure.js";
import { sessionArgument } from "../session-argument.js";
import { settingOption } from "../setting-option.js";
import { stopOnSignals } from "../stop-signals.js";
import { readTypes } from "./messages.js";

interface ReplayFlags extends Pick<MessageFilter, "from" | "to"> {
  readonly db?: string;
  readonly speed?: number;
  readonly type?: readonly string[];
  readonly follow?: boolean;
  readonly by?: TimeBasis;
  readonly toUrl?: string;
  readonly tokenFile?: string;
}

/** `telltale replay`: replays a session to the standard output or to another telltale. */
export function replayCommand(): Command {
  return new Command("replay")
    .description("replay a session: every message in order, one line of JSON each")
    .addArgument(sessionArgument())
    .addOption(
      new Option(
        "--speed <factor>",
        "speed: 1 for the session's own pace, 10 for ten times as fast, max for no waiting",
      )
        .default(Infinity, "max")
        .argParser(parse(readSpeed)),
    )
    .addOption(
      new Option("--by <time>", "times to follow: when messages were made, or when they were received")
        .choices(timeBases)
        .default("occurred"),
    )
    .option(
      "--from <seq or time>",
      "first message: its seq or time, such as 17, 2026-01-31 or 2026-01-31T12:00:00Z",
    )
    .option("--to <seq or time>", "last message: its seq or time")
    .option("--type <type>", "type of the messages; may be repeated, or list several: ask,tell", readTypes)
    .addOption(
      new Option("--follow", "replay of later messages too, as they are committed, until Ctrl-C").conflicts(
        "to",
      ),
    )
    .addOption(
      new Option(
        "--to-url <address>",
        "address of another telltale to send the messages to, such as ws://192.168.1.20:8765",
      ).argParser(parse(readUrl)),
    )
    .addOption(settingOption(tokenSetting))
    .addOption(existingDatabaseOption())
    .action((name: string, flags: ReplayFlags) => reportFailure(() => replay(name, flags)));
}

async function replay(
  name: string,
  {
    db,
    speed = Infinity,
    type: types,
    follow = false,
    by = "occurred",
    toUrl,
    tokenFile,
    ...bounds
  }: ReplayFlags,
): Promise<void> {
  const token = toUrl === undefined ? undefined : await readToken(tokenFile);
  await readDatabase(db, async (database) => {
    const session = await findSession(database, name);
    const filter = { ...bounds, ...(types && { types }) };
    const player = new Replay(database, session.unique_id, { filter, speed, isFollowing: follow, by });
    const { exitCode } = await stopOnSignals((signal) =>
      toUrl === undefined ? print(player, signal) : send(session, player, toUrl, token, signal),
    );
    // A replay that follows a session has no other end.
    if (exitCode !== undefined && !follow) process.exitCode = exitCode;
  });
}

async function print(player: Replay, signal: AbortSignal): Promise<void> {
  const lines = new LineWriter(process.stdout);
  await player.play(
    (message) => lines.write(formatJson(describeMessage(message))),
    AbortSignal.any([signal, lines.gone]),
  );
  await lines.finish();
}

/** The maximum number of refused messages to list. */
const mostListed = 10;

async function send(
  session: SessionOverview,
  player: Replay,
  url: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { stored, duplicates, refused, failure } = await sendSession(player, session, url, { signal, token });
  for (const { seq, reason } of refused.slice(0, mostListed)) {
    process.stderr.write(`Message ${seq} was refused: ${escapeForTerminal(reason)}\n`);
  }
  if (refused.length > mostListed) process.stderr.write(`… and ${refused.length - mostListed} more.\n`);
  if (failure !== undefined) process.stderr.write(`${escapeLines(failure)}\n`);
  process.stdout.write(
    `${session.session_id}: ${stored} stored, ${duplicates} already there, ${refused.length} refused.\n`,
  );
  if (failure !== undefined || refused.length > 0) process.exitCode = 1;
}

/** @throws AccessError if the token file holds no token with the scope write. */
async function readToken(flag: string | undefined): Promise<string | undefined> {
  const name = readTokenFileName(flag);
  if (name === undefined) return undefined;
  const { tokens } = await readTokenFile(name);
  const token = tokens.find(({ scopes }) => scopes.has("write"));
  if (token !== undefined) return token.secret;
  throw new AccessError(
    "bad_token_file",
    `${name} holds no token with the scope write, which is needed to send messages.`,
  );
}

function readUrl(text: string): string {
  if (!URL.canParse(text) || !/^wss?:$/.test(new URL(text).protocol)) {
    throw new ReplayError("invalid", "The address must begin with ws:// or wss://.");
  }
  const { username, password } = new URL(text);
  if (username === "" && password === "") return text;
  throw new ReplayError(
    "invalid",
    "A password in the address is visible to every user of the machine; put a token into a file and give --token-file.",
  );
}

/** Makes a parser of an option that reports a ReplayError as commander does. */
function parse<Result>(read: (text: string) => Result): (text: string) => Result {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw error instanceof ReplayError ? new InvalidArgumentError(error.message) : error;
    }
  };
}
