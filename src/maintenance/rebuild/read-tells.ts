import type { EntityManager } from "typeorm";
import { DerivationError, type Trial, type TrialForm, deriveTrials } from "../../derivation/index.js";
import { type Value, type ValueMap, ProtocolError, parseTaggedJson } from "../../protocol/index.js";
import { readContents, readLog } from "./read-log.js";
import { type StoredTrial, readDerivedTrials } from "./stored-trials.js";
import { SetupForms } from "./setup-forms.js";

/** A tell of the log, what derives from it now, and what was derived from it before. */
export interface LoggedTell {
  readonly uniqueId: number;
  readonly seq: number;
  readonly timestamp: string | null;
  readonly derivationError: string | null;
  readonly derivation: Derivation;
  /** Its `message`; undefined if it has none or cannot be read. */
  readonly message: Value | undefined;
  /** The envelope's `extra_info`, or that of the column. */
  readonly extraInfo: Value | undefined;
  /** The stored trials that refer to it, in the order of unique_id. */
  readonly stored: readonly StoredTrial[];
}

export type Derivation =
  | { readonly kind: "trials"; readonly trials: readonly Trial[] }
  | { readonly kind: "underivable"; readonly reason: string }
  /** The contents are missing, or this telltale cannot read them. */
  | { readonly kind: "unreadable" };

/**
 * The tells of a session in the order of seq, each derived with the config of the last setup before it. Holds few of them in memory.
 *
 * @param after the seq after which to begin; 0 for all.
 */
export async function* readTells(
  manager: EntityManager,
  masterId: number,
  after = 0,
): AsyncGenerator<LoggedTell, undefined, undefined> {
  const forms = await SetupForms.begin(manager, masterId);
  if (after > 0) await followSetups(manager, masterId, forms, after);
  for await (const messages of readLog(manager, masterId, ["setup", "tell"], after)) {
    const tells = messages.filter(({ type }) => type === "tell");
    const stored = await readDerivedTrials(
      manager,
      tells.map(({ uniqueId }) => uniqueId),
    );
    for (const message of messages) {
      const contents = readContents(message);
      if (message.type === "setup") await forms.follow(contents, message.isOfAepsych);
      else {
        const extraInfo = contents?.get("extra_info") ?? readColumn(message.extraInfo);
        yield {
          uniqueId: message.uniqueId,
          seq: message.seq,
          timestamp: message.timestamp,
          derivationError: message.derivationError,
          derivation: derive(contents, extraInfo, forms.current),
          message: contents?.get("message"),
          extraInfo,
          stored: stored.get(message.uniqueId) ?? [],
        };
      }
    }
  }
  return undefined;
}

async function followSetups(
  manager: EntityManager,
  masterId: number,
  forms: SetupForms,
  last: number,
): Promise<void> {
  for await (const setups of readLog(manager, masterId, ["setup"])) {
    for (const setup of setups) {
      if (setup.seq > last) return;
      await forms.follow(readContents(setup), setup.isOfAepsych);
    }
  }
}

function derive(contents: ValueMap | undefined, extraInfo: Value | undefined, form: TrialForm): Derivation {
  if (contents === undefined) return { kind: "unreadable" };
  try {
    const trials = deriveTrials(contents.get("message"), extraInfo, form, contents.get("batch"));
    return { kind: "trials", trials };
  } catch (error) {
    if (error instanceof DerivationError) return { kind: "underivable", reason: error.message };
    throw error;
  }
}

/** The extra_info that AEPsych kept in a column of its own. */
function readColumn(json: string | null): Value | undefined {
  try {
    return json === null ? undefined : parseTaggedJson(json);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
