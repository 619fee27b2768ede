import { Command, Option } from "commander";
import {
  type ReplayConfig,
  type ReplayFlags,
  readReplayConfig,
  replayDatabaseSetting,
} from "../config/replay-config.js";
import { ConfigError } from "../config/serve-config.js";
import { DatabaseError } from "../database/index.js";
import { formatJson } from "../protocol/index.js";
import { type SessionOverview, findSession } from "../queries/index.js";
import { Replay, ReplayError, describeMessage, readSpeed, sendSession } from "../replay/index.js";
import { openExistingDatabase } from "./existing-database.js";
import { LineWriter } from "./line-writer.js";

/** `telltale replay`: plays a session again, to the standard output or to another telltale. */
export function replayCommand(): Command {
  const { flag, argument, description, variable, default: preset } = replayDatabaseSetting;
  return new Command("replay")
    .description("play a session again: every message in its order, a line of JSON each")
    .argument("<session>", "the session: its id, the beginning of it, its unique_id in master, or last")
    .option(
      "--speed <factor>",
      "1 in the session's own time, 10 ten times as fast, max without waiting",
      "max",
    )
    .option("--from <seq or time>", "begin with this message, or this time")
    .option("--to <seq or time>", "end with this message, or this time")
    .option(
      "--type <type>",
      "only messages of this type; may be given several times",
      (type, types?: string[]) => [...(types ?? []), type],
    )
    .option("--follow", "go on with messages as they are committed, until Ctrl-C")
    .option("--to-url <address>", "send the messages to another telltale, such as ws://192.168.1.20:8765")
    .addOption(
      new Option(`${flag} ${argument}`, `${description} (environment: ${variable}; default: ${preset})`),
    )
    .action(async (session: string, flags: ReplayFlags) => {
      try {
        process.exitCode = await replay(readReplayConfig(session, flags));
      } catch (error) {
        if (!(error instanceof ConfigError || error instanceof DatabaseError || error instanceof ReplayError))
          throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 1;
      }
    });
}

/** Gives the exit code. */
async function replay(config: ReplayConfig): Promise<number> {
  const speed = readSpeed(config.speed);
  const database = await openExistingDatabase(config.db, { readOnly: true });
  try {
    const session = await findSession(database, config.session);
    const { filter, isFollowing } = config;
    const player = new Replay(database, session.unique_id, { filter, speed, isFollowing });
    const interrupted = new AbortController();
    // A second one ends it at once.
    if (isFollowing) {
      for (const name of ["SIGINT", "SIGTERM"] as const) {
        process.once(name, () => {
          interrupted.abort();
        });
      }
    }
    return config.url === undefined
      ? await print(player, interrupted.signal)
      : await send(session, player, config.url, interrupted.signal);
  } finally {
    await database.close();
  }
}

async function print(player: Replay, interrupted: AbortSignal): Promise<number> {
  const lines = new LineWriter(process.stdout);
  await player.play(
    (message) => lines.write(formatJson(describeMessage(message))),
    AbortSignal.any([interrupted, lines.gone]),
  );
  await lines.finish();
  return 0;
}

/** How many of the messages that were not taken are named. */
const mostNamed = 10;

async function send(
  session: SessionOverview,
  player: Replay,
  url: string,
  signal: AbortSignal,
): Promise<number> {
  const { stored, duplicates, refused, failure } = await sendSession(player, session, url, { signal });
  for (const { seq, reason } of refused.slice(0, mostNamed)) {
    process.stderr.write(`Message ${seq} was not taken: ${reason}\n`);
  }
  if (refused.length > mostNamed) process.stderr.write(`… and ${refused.length - mostNamed} more.\n`);
  if (failure !== undefined) process.stderr.write(`${failure}\n`);
  process.stdout.write(
    `${session.session_id}: ${stored} stored, ${duplicates} there before, ${refused.length} not taken.\n`,
  );
  return failure === undefined && refused.length === 0 ? 0 : 1;
}
