import type { EntityManager } from "typeorm";
import { placeholder, query } from "../../database/index.js";
import { type Occurrence, deriveOccurrence } from "../../derivation/index.js";
import { ProtocolError, readRequest } from "../../protocol/index.js";
import { type LoggedMessage, readContents, readLog } from "./read-log.js";
import type { RebuildTally } from "./session-rebuild.js";

/** A message whose columns of time are not those of its frame. */
export interface WrongOccurrence {
  readonly uniqueId: number;
  readonly derived: Occurrence;
}

/** Finds the messages of a session whose `occurred_at`, offset or uncertainty are not those of their frames; describes and counts them. */
export async function* findWrongOccurrences(
  manager: EntityManager,
  masterId: number,
  tally: RebuildTally,
): AsyncGenerator<WrongOccurrence, undefined, undefined> {
  for await (const page of readLog(manager, masterId, "all")) {
    for (const message of page) {
      const derived = derive(message);
      const { occurrence: stored, uniqueId, seq } = message;
      const column = (["occurredAt", "clockOffsetMs", "clockUncertaintyMs"] as const).find(
        (name) => derived !== undefined && derived[name] !== stored[name],
      );
      if (derived === undefined || column === undefined) continue;
      tally.timesChanged += 1;
      tally.describe(
        `Message ${seq}: ${columns[column]} is ${String(stored[column])}, not ${String(derived[column])}.`,
      );
      yield { uniqueId, derived };
    }
  }
  return undefined;
}

const columns = {
  occurredAt: "occurred_at",
  clockOffsetMs: "clock_offset_ms",
  clockUncertaintyMs: "clock_uncertainty_ms",
};

/** Writes the times of a message. */
export async function writeOccurrence(
  manager: EntityManager,
  { uniqueId, derived }: WrongOccurrence,
): Promise<void> {
  const [at, offset, uncertainty] = [0, 1, 2].map((index) => placeholder(manager, index));
  await query(
    manager,
    `update replay_data set occurred_at = ${at}, clock_offset_ms = ${offset}, clock_uncertainty_ms = ${uncertainty}
     where unique_id = ${uniqueId}`,
    [derived.occurredAt, derived.clockOffsetMs, derived.clockUncertaintyMs],
  );
}

/** The times in a message; undefined if it cannot be read, or AEPsych wrote it, whose messages never say. */
function derive(message: LoggedMessage): Occurrence | undefined {
  const contents = message.isOfAepsych ? undefined : readContents(message);
  if (contents === undefined) return undefined;
  try {
    const { sent_at: sentAt, clock } = readRequest(contents);
    return deriveOccurrence(sentAt, clock);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
