import type { EntityManager } from "typeorm";
import type { Trial } from "../../derivation/index.js";
import { describeMismatch } from "./compare-trials.js";
import { placeholder, query } from "../../database/index.js";
import { type LoggedTell, readTells } from "./read-tells.js";
import { type StoredTrial, readWrittenTrials } from "./stored-trials.js";

/**
 * Compares the trials of a session that were written without a message (by AEPsych itself) with those of its tells, one by one. Put in
 * the trials of the tells in their order; the written ones are read along with them.
 */
export class WrittenTrialsMatch {
  readonly #written: AsyncGenerator<StoredTrial, undefined, undefined>;
  #mismatch: string | undefined;
  #derived = 0;
  #fillable = 0;

  constructor(manager: EntityManager, masterId: number) {
    this.#written = readWrittenTrials(manager, masterId);
  }

  /** The number of trials of the tells. */
  get derived(): number {
    return this.#derived;
  }

  async put({ seq }: LoggedTell, trials: readonly Trial[]): Promise<void> {
    this.#derived += trials.length;
    for (const trial of trials) {
      if (this.#mismatch !== undefined) return;
      const { value: written } = await this.#written.next();
      const difference = written === undefined ? "a trial is missing" : describeMismatch(written, trial);
      if (difference !== undefined) this.#mismatch = `from message ${seq} on, ${difference}`;
      else if (written?.extraData === null && trial.extraData !== null) this.#fillable += 1;
    }
  }

  /** After the last tell: how many trials lack the extra_data of their tell, or why they do not match. */
  async finish(): Promise<{ readonly fillable: number } | { readonly mismatch: string }> {
    if (this.#mismatch !== undefined) return { mismatch: this.#mismatch };
    const { value: more } = await this.#written.next();
    return more === undefined
      ? { fillable: this.#fillable }
      : { mismatch: "more are stored than the tells have" };
  }
}

/** Whether a tell's trials may be among those written without a message, in a session that has some. */
export function mayBeWritten({ stored }: LoggedTell): boolean {
  return stored.length === 0;
}

/** Fills the extra_data of trials written without a message from their tells, after {@link WrittenTrialsMatch} found that they match. */
export async function fillExtraData(manager: EntityManager, masterId: number): Promise<void> {
  const written = readWrittenTrials(manager, masterId);
  let fills: Fill[] = [];
  let characters = 0;
  for await (const tell of readTells(manager, masterId)) {
    if (tell.derivation.kind !== "trials" || !mayBeWritten(tell)) continue;
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

/** The most that one statement fills. */
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
