import type { EntityManager } from "typeorm";
import { TrialInserter, columnJson, insertCells, placeholder, query } from "../../database/index.js";
import type { Trial } from "../../derivation/index.js";
import { type Alignment, type Assignment, alignWritten } from "./align-written.js";
import type { KeptTrials } from "./kept-trials.js";
import type { StoredTrial } from "./stored-trials.js";

/** What the trials that AEPsych wrote lack of their tells. */
export interface WrittenTrials {
  /** How they are assigned to the tells; undefined if they cannot be. */
  readonly alignment: Alignment | undefined;
  /** Trials whose values are those of their tell, or how they begin. */
  readonly matched: number;
  /** Of these, trials that lack the extra_data of their tell. */
  readonly fillable: number;
  /** Of these, trials that lack parameters or outcomes. */
  readonly incomplete: number;
  /** Trials of tells that AEPsych did not write. */
  readonly absent: number;
  /** The written trials that stay as they are because their tells say something else. */
  readonly kept: KeptTrials | undefined;
}

const alignments = ["trials", "tells", "contained"] as const;

/**
 * Finds out how the trials that AEPsych wrote itself go together with the tells of their session: as AEPsych assigns them, by position
 * where their numbers are equal, or else each in its place among the tells.
 *
 * @param written how many there are.
 */
export async function compareWrittenTrials(
  manager: EntityManager,
  masterId: number,
  written: number,
): Promise<WrittenTrials> {
  let best: WrittenTrials | undefined;
  let first = "";
  for (const alignment of alignments) {
    const found = await summarise(manager, masterId, alignment);
    if (found.misplaced !== undefined) {
      first ||= found.misplaced;
      continue;
    }
    if (found.differing === 0) return { ...found, alignment, kept: undefined };
    if (best === undefined || found.matched > best.matched)
      best = {
        ...found,
        alignment,
        kept: { kind: "differing", trials: found.differing, example: found.example },
      };
  }
  if (best !== undefined) return best;
  const none = { matched: 0, fillable: 0, incomplete: 0, absent: 0 };
  return { ...none, alignment: undefined, kept: { kind: "unmatched", trials: written, example: first } };
}

interface Summary extends Omit<WrittenTrials, "alignment" | "kept"> {
  readonly differing: number;
  /** The first difference. */
  readonly example: string;
  /** Why the written trials and the tells do not go together. */
  readonly misplaced: string | undefined;
}

async function summarise(manager: EntityManager, masterId: number, alignment: Alignment): Promise<Summary> {
  const total = { matched: 0, fillable: 0, incomplete: 0, absent: 0, differing: 0, example: "" };
  for await (const one of alignWritten(manager, masterId, alignment)) {
    if (one.kind === "misplaced") return { ...total, misplaced: one.difference };
    if (one.kind === "absent") total.absent += one.trials.length;
    if (one.kind === "matched") {
      total.matched += 1;
      if (isFillable(one.written, one.told)) total.fillable += 1;
      if (isIncomplete(one)) total.incomplete += 1;
    }
    if (one.kind !== "differing") continue;
    total.differing += 1;
    total.example ||= `message ${one.seq}: ${one.difference}`;
  }
  return { ...total, misplaced: undefined };
}

/** AEPsych 0.7.4 and later write an empty object where there is no extra data. */
function isFillable({ extraData }: StoredTrial, told: Trial): boolean {
  return (extraData === null || extraData === "{}") && told.extraData !== null && told.extraData !== "{}";
}

function isIncomplete({ missing }: Assignment & { kind: "matched" }): boolean {
  return missing.params.length + missing.outcomes.length > 0;
}

/** Adds what the trials that AEPsych wrote lack of their tells: extra_data, parameters, outcomes, and whole trials. */
export async function completeWrittenTrials(
  manager: EntityManager,
  masterId: number,
  alignment: Alignment,
): Promise<void> {
  const fills = new Fills(manager);
  const inserter = new TrialInserter(manager);
  for await (const one of alignWritten(manager, masterId, alignment)) {
    if (one.kind === "absent") {
      const { uniqueId: replayId, timestamp: time } = one.tell;
      await inserter.insert({ time, masterId, replayId, trials: one.trials });
    }
    if (one.kind !== "matched") continue;
    const { written, told, missing } = one;
    if (isFillable(written, told)) await fills.put(written.uniqueId, told.extraData ?? "");
    if (isIncomplete(one)) await insertCells(manager, [{ ...told, ...missing }], [written.uniqueId]);
  }
  await fills.flush();
  await inserter.flush();
}

/** The most that one statement fills. */
const mostFills = { trials: 500, characters: 1024 * 1024 };

/** Fills the extra_data of trials, many in one statement. */
class Fills {
  #fills: { readonly uniqueId: number; readonly extraData: string }[] = [];
  #characters = 0;

  constructor(readonly manager: EntityManager) {}

  async put(uniqueId: number, extraData: string): Promise<void> {
    this.#fills.push({ uniqueId, extraData });
    this.#characters += extraData.length;
    if (this.#fills.length >= mostFills.trials || this.#characters >= mostFills.characters)
      await this.flush();
  }

  async flush(): Promise<void> {
    const fills = this.#fills;
    this.#fills = [];
    this.#characters = 0;
    if (fills.length === 0) return;
    const rows = fills.map(({ uniqueId }, index) => `(${uniqueId}, ${placeholder(this.manager, index)})`);
    await query(
      this.manager,
      `with fills (unique_id, extra_data) as (values ${rows.join(", ")})
       update raw_data set extra_data = fills.extra_data from fills where raw_data.unique_id = fills.unique_id`,
      fills.map(({ extraData }) => columnJson(extraData)),
    );
  }
}
