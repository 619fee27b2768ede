import type { EntityManager } from "typeorm";
import type { Trial } from "../../derivation/index.js";
import { describeMismatch } from "./compare-trials.js";
import { placeholder, query } from "../../database/index.js";
import { type LoggedTell, readTells } from "./read-tells.js";
import { type StoredTrial, readWrittenTrials } from "./stored-trials.js";

/**
 * Whether the trials that a session's log does not account for (AEPsych wrote them itself) are those of its tells, one by one:
 * the trials of the tells are put in, in their order, and compared with the written ones as these are read.
 */
export class WrittenTrialsMatch {
  readonly #written: AsyncGenerator<StoredTrial, undefined, undefined>;
  #mismatch: string | undefined;
  #derived = 0;
  #fillable = 0;

  constructor(manager: EntityManager, masterId: number) {
    this.#written = readWrittenTrials(manager, masterId);
  }

  /** How many trials the tells hold. */
  get derived(): number {
    return this.#derived;
  }

  async put({ seq }: LoggedTell, trials: readonly Trial[]): Promise<void> {
    this.#derived += trials.length;
    for (const trial of trials) {
      if (this.#mismatch !== undefined) return;
      const { value: written } = await this.#written.next();
      const difference = written === undefined ? "it is missing" : describeMismatch(written, trial);
      if (difference !== undefined) this.#mismatch = `from message ${seq} on: ${difference}`;
      else if (written?.extraData === null && trial.extraData !== null) this.#fillable += 1;
    }
  }

  /** After the last tell: how many trials lack the extra_data that their tell has, or why they cannot be told apart. */
  async finish(): Promise<{ readonly fillable: number } | { readonly mismatch: string }> {
    if (this.#mismatch !== undefined) return { mismatch: this.#mismatch };
    const { value: more } = await this.#written.next();
    return more === undefined ? { fillable: this.#fillable } : { mismatch: "there are more than were told" };
  }
}

/** Whether a tell's trials are among those that were written as such, in a session that has some. */
export function isToldByWritten({ stored }: LoggedTell): boolean {
  return stored.length === 0;
}

/** Gives the trials that were written as such the extra_data of their tells, where {@link WrittenTrialsMatch} found them to match. */
export async function fillExtraData(manager: EntityManager, masterId: number): Promise<void> {
  const written = readWrittenTrials(manager, masterId);
  let fills: Fill[] = [];
  let characters = 0;
  for await (const tell of readTells(manager, masterId)) {
    if (tell.derivation.kind !== "trials" || !isToldByWritten(tell)) continue;
    for (const { extraData } of tell.derivation.trials) {
      const { value: trial } = await written.next();
      if (trial?.extraData !== null || extraData === null) continue;
      fills.push({ uniqueId: trial.uniqueId, extraData });
      characters += extraData.length;
      if (fills.length < mostFills.trials && characters < mostFills.characters) continue;
      await writeExtraData(manager, fills);
      fills = [];
      characters = 0;
    }
  }
  await writeExtraData(manager, fills);
}

interface Fill {
  readonly uniqueId: number;
  readonly extraData: string;
}

/** What one statement fills. */
const mostFills = { trials: 500, characters: 1024 * 1024 };

async function writeExtraData(manager: EntityManager, fills: readonly Fill[]): Promise<void> {
  if (fills.length === 0) return;
  const rows = fills.map(({ uniqueId }, index) => `(${uniqueId}, ${placeholder(manager, index)})`).join(", ");
  await query(
    manager,
    `with fills (unique_id, extra_data) as (values ${rows})
     update raw_data set extra_data = fills.extra_data from fills where raw_data.unique_id = fills.unique_id`,
    fills.map(({ extraData }) => extraData),
  );
}
