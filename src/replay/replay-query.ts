import type { Coding } from "../protocol/index.js";
import { type MessageFilter, readMessageTypes } from "../queries/index.js";
import { ReplayError } from "./replay-error.js";
import { type TimeBasis, timeBases } from "./session-times.js";
import { readSpeed } from "./speed.js";

/** The parameters in the URL of a replay: `/replay?session=…&speed=…`. */
export interface ReplayQuery {
  readonly session: string;
  readonly speed: number;
  readonly filter: MessageFilter;
  readonly isFollowing: boolean;
  readonly by: TimeBasis;
  /** The coding of the frames that the daemon sends. */
  readonly coding: Coding;
}

const names = ["session", "speed", "from", "to", "type", "follow", "by", "coding"];

/**
 * Reads the parameters in the URL of a replay.
 *
 * @throws ReplayError `invalid`; DatabaseError `bad_argument` for a type that no message can have.
 */
export function readReplayQuery(parameters: URLSearchParams): ReplayQuery {
  for (const name of parameters.keys()) {
    if (!names.includes(name)) {
      throw new ReplayError(
        "invalid",
        `A replay has no parameter ${name}; its parameters are ${names.join(", ")}.`,
      );
    }
    if (name !== "type" && parameters.getAll(name).length > 1) {
      throw new ReplayError("invalid", `The parameter ${name} must not be repeated.`);
    }
  }
  const read = (name: string) => parameters.get(name) ?? undefined;
  const session = read("session");
  if (session === undefined || session === "") {
    throw new ReplayError("invalid", "Name the session: /replay?session=…");
  }
  const [from, to, types] = [read("from"), read("to"), readMessageTypes(parameters.getAll("type"))];
  const isFollowing = readChoice("follow", read("follow") ?? "false", ["true", "false"]) === "true";
  checkFollowing(isFollowing, to);
  return {
    session,
    speed: readSpeed(read("speed") ?? "max"),
    filter: {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(types.length === 0 ? {} : { types }),
    },
    isFollowing,
    by: readChoice("by", read("by") ?? "occurred", timeBases),
    coding: readChoice("coding", read("coding") ?? "json", ["json", "messagepack"]),
  };
}

/**
 * Checks that a replay that follows a live session has no `to`.
 *
 * @throws ReplayError `invalid`.
 */
export function checkFollowing(isFollowing: boolean, to: string | undefined): void {
  if (isFollowing && to !== undefined) {
    throw new ReplayError(
      "invalid",
      "A replay that follows a live session has no end; leave out either to or follow.",
    );
  }
}

function readChoice<Choice extends string>(name: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new ReplayError("invalid", `The parameter ${name} must be ${choices.join(" or ")}, not ${text}.`);
}
