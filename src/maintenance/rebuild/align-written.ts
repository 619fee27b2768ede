import type { EntityManager } from "typeorm";
import type { Trial } from "../../derivation/index.js";
import { type Cells, compareWritten } from "./compare-written.js";
import { type LoggedTell, readTells } from "./read-tells.js";
import { readAsAepsych } from "./read-as-aepsych.js";
import { type StoredTrial, readWrittenTrials } from "./stored-trials.js";

/**
 * How the trials that AEPsych wrote are assigned to the tells of their session:
 *
 * | alignment   | the written trials are                                                                            |
 * | ----------- | ------------------------------------------------------------------------------------------------- |
 * | `trials`    | one for each trial of the tells, in their order                                                   |
 * | `tells`     | one for each tell, in their order: AEPsych up to 0.7.4 writes no more                             |
 * | `contained` | some of the trials of the tells, in their order: each between its tell and the next, by its values |
 */
export type Alignment = "trials" | "tells" | "contained";

/** What an alignment says of a tell or of a written trial. */
export type Assignment =
  /** A written trial is this one of a tell, and lacks some of its parameters and outcomes or none. */
  | {
      readonly kind: "matched";
      readonly written: StoredTrial;
      readonly told: Trial;
      readonly missing: Cells;
    }
  /** A written trial has the place of a tell's, and other values. */
  | { readonly kind: "differing"; readonly seq: number; readonly difference: string }
  /** A written trial has the place of a tell that cannot be read. */
  | { readonly kind: "unreadable" }
  /** No trial of a tell is written. */
  | { readonly kind: "absent"; readonly tell: LoggedTell; readonly trials: readonly Trial[] }
  /** The written trials and the tells do not go together; the last assignment. */
  | { readonly kind: "misplaced"; readonly difference: string };

/** Assigns the trials of a session that AEPsych wrote, in the order of the tells. */
export async function* alignWritten(
  manager: EntityManager,
  masterId: number,
  alignment: Alignment,
): AsyncGenerator<Assignment, undefined, undefined> {
  const written = readWrittenTrials(manager, masterId);
  const tells = unlinkedTells(manager, masterId);
  yield* alignment === "contained" ? embed(written, tells) : pair(written, tells, alignment);
  return undefined;
}

/** Whether a tell's trials may be among those written without a message, in a session that has some. */
export function mayBeWritten({ stored }: LoggedTell): boolean {
  return stored.length === 0;
}

async function* unlinkedTells(manager: EntityManager, masterId: number): AsyncGenerator<LoggedTell> {
  for await (const tell of readTells(manager, masterId)) if (mayBeWritten(tell)) yield tell;
}

/** Assigns one written trial to each place, whatever its values are. */
async function* pair(
  written: AsyncGenerator<StoredTrial>,
  tells: AsyncGenerator<LoggedTell>,
  alignment: "trials" | "tells",
): AsyncGenerator<Assignment> {
  for await (const tell of tells) {
    for (const readings of alignment === "tells" ? [readingsOf(tell)] : readingsOfEach(tell)) {
      const { value } = (await written.next()) as IteratorResult<StoredTrial, undefined>;
      if (value === undefined) {
        yield misplaced(tell, "a trial is missing");
        return;
      }
      if (tell.derivation.kind === "unreadable") yield { kind: "unreadable" };
      else yield match(value, readings) ?? differing(tell, value, readings);
    }
  }
  const { done } = await written.next();
  if (done !== true) yield { kind: "misplaced", difference: "more are stored than the tells have" };
}

/** Finds each written trial among those of the tells; what is between them is absent. */
async function* embed(
  written: AsyncGenerator<StoredTrial>,
  tells: AsyncGenerator<LoggedTell>,
): AsyncGenerator<Assignment> {
  const next = async () => ((await written.next()) as IteratorResult<StoredTrial, undefined>).value;
  let trial = await next();
  for await (const [tell, following] of withFollowing(tells)) {
    const isHere = (one: StoredTrial | undefined) => one !== undefined && isBetween(one, tell, following);
    const whole = isHere(trial) && trial !== undefined ? match(trial, readingsOf(tell)) : undefined;
    if (whole !== undefined) {
      yield whole;
      trial = await next();
      continue;
    }
    const told = tell.derivation.kind === "trials" ? tell.derivation.trials : [];
    let found = 0;
    for (; found < told.length && trial !== undefined && isHere(trial); found += 1) {
      const part = match(trial, told.slice(found, found + 1));
      if (part === undefined) break;
      yield part;
      trial = await next();
    }
    if (found === told.length) continue;
    if (found > 0) {
      yield misplaced(tell, "only some of its trials are stored");
      return;
    }
    yield { kind: "absent", tell, trials: told };
  }
  if (trial !== undefined)
    yield { kind: "misplaced", difference: `no tell has the stored trial ${trial.uniqueId}` };
}

/** AEPsych writes a trial after its tell and before the next one, and an update gives it the time of its tell. */
function isBetween({ timestamp }: StoredTrial, tell: LoggedTell, following: LoggedTell | undefined): boolean {
  if (timestamp === null || tell.timestamp === null || timestamp === tell.timestamp) return true;
  const end = following?.timestamp ?? null;
  return timestamp > tell.timestamp && (end === null || timestamp < end);
}

function match(written: StoredTrial, readings: readonly Trial[]): Assignment | undefined {
  for (const told of readings) {
    const comparison = compareWritten(written, told);
    if ("missing" in comparison) return { kind: "matched", written, told, missing: comparison.missing };
  }
  return undefined;
}

function differing(tell: LoggedTell, written: StoredTrial, [told]: readonly Trial[]): Assignment {
  const comparison = told === undefined ? undefined : compareWritten(written, told);
  const difference =
    comparison !== undefined && "difference" in comparison ? comparison.difference : "it has no trial";
  return { kind: "differing", seq: tell.seq, difference };
}

function misplaced({ seq }: LoggedTell, difference: string): Assignment {
  return { kind: "misplaced", difference: `from message ${seq} on, ${difference}` };
}

/** The trials that a tell may have been written as, if it was written as one. */
function readingsOf(tell: LoggedTell): Trial[] {
  const { derivation, message, extraInfo } = tell;
  const own = derivation.kind === "trials" && derivation.trials.length === 1 ? derivation.trials : [];
  const other = readAsAepsych(message, extraInfo);
  return other === undefined ? [...own] : [...own, other];
}

/** The trials that each trial of a tell may have been written as. */
function readingsOfEach(tell: LoggedTell): Trial[][] {
  const { derivation, message, extraInfo } = tell;
  if (derivation.kind !== "trials") return [];
  const { trials } = derivation;
  if (trials.length === 1) return [readingsOf(tell)];
  const parts = Array.isArray(message) && message.length === trials.length ? message : [];
  return trials.map((trial, index) => {
    const other = readAsAepsych(parts[index], extraInfo);
    return other === undefined ? [trial] : [trial, other];
  });
}

async function* withFollowing(
  tells: AsyncGenerator<LoggedTell>,
): AsyncGenerator<[LoggedTell, LoggedTell | undefined]> {
  let previous: LoggedTell | undefined;
  for await (const tell of tells) {
    if (previous !== undefined) yield [previous, tell];
    previous = tell;
  }
  if (previous !== undefined) yield [previous, undefined];
}
