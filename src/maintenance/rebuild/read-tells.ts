import type { EntityManager } from "typeorm";
import { DerivationError, type Trial, type TrialForm, deriveTrials } from "../../derivation/index.js";
import { type Value, type ValueMap, ProtocolError, parseTaggedJson } from "../../protocol/index.js";
import { type LoggedMessage, readContents, readLog } from "./read-log.js";
import { type StoredTrial, readDerivedTrials } from "./stored-trials.js";
import { SetupForms } from "./setup-forms.js";

/** A tell of the log, what it says now, and what was derived from it before. */
export interface LoggedTell {
  readonly uniqueId: number;
  readonly seq: number;
  readonly timestamp: string | null;
  readonly derivationError: string | null;
  readonly derivation: Derivation;
  /** The trials that refer to it, in the order of unique_id. */
  readonly stored: readonly StoredTrial[];
}

export type Derivation =
  | { readonly kind: "trials"; readonly trials: readonly Trial[] }
  | { readonly kind: "underivable"; readonly reason: string }
  /** The contents are missing, or no message that this telltale can read. */
  | { readonly kind: "unreadable" };

/**
 * The tells of a session in the order of seq, each derived with the config of the last setup before it. Few at a time are in memory.
 *
 * @param after the seq of the last message that is not wanted; 0 for all.
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
      if (message.type === "setup") await forms.follow(contents);
      else
        yield {
          uniqueId: message.uniqueId,
          seq: message.seq,
          timestamp: message.timestamp,
          derivationError: message.derivationError,
          derivation: derive(message, contents, forms.current),
          stored: stored.get(message.uniqueId) ?? [],
        };
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
      await forms.follow(readContents(setup));
    }
  }
}

function derive(message: LoggedMessage, contents: ValueMap | undefined, form: TrialForm): Derivation {
  if (contents === undefined) return { kind: "unreadable" };
  const extraInfo = contents.get("extra_info") ?? readColumn(message.extraInfo);
  try {
    return { kind: "trials", trials: deriveTrials(contents.get("message"), extraInfo, form) };
  } catch (error) {
    if (error instanceof DerivationError) return { kind: "underivable", reason: error.message };
    throw error;
  }
}

/** What AEPsych kept beside the contents. */
function readColumn(json: string | null): Value | undefined {
  try {
    return json === null ? undefined : parseTaggedJson(json);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
