import type { EntityManager } from "typeorm";
import { type ReadOnlyStore, query } from "../../database/index.js";
import { SetupError, deriveSetup } from "../../derivation/index.js";
import { ProtocolError, codingOf, decodeFrame, isMap } from "../../protocol/index.js";
import { rebuildSession } from "../rebuild/rebuild-session.js";
import { isProjection } from "./compare-projections.js";
import { Findings } from "./finding.js";
import { type VerifiedSession, verifyMessages } from "./verify-messages.js";
import { findWrongTypes } from "./verify-types.js";

/** What verifying a session found. */
export interface SessionVerification {
  readonly sessionId: string;
  readonly messages: number;
  readonly findings: Findings;
}

interface MasterRow extends VerifiedSession {
  readonly experiment_name: string | null;
  readonly experiment_description: string | null;
  readonly experiment_id: string | null;
  readonly participant_id: string | null;
  readonly extra_metadata: string | null;
  readonly late_digests: number | null;
}

/**
 * Verifies a session: its chain of digests, the columns of its messages, its setup's fields and config, its snapshots, and its trials.
 * Uses little memory however long the session is.
 *
 * @returns undefined if the session is gone.
 */
export async function verifySession(
  database: ReadOnlyStore,
  masterId: number,
): Promise<SessionVerification | undefined> {
  return database.readScope(async (manager) => {
    const [master] = await query<MasterRow>(manager, `select * from master where unique_id = ${masterId}`);
    if (master === undefined) return undefined;
    const findings = new Findings(master.session_id);
    const messages = await verifyRows(manager, master, findings).catch(async (error: unknown) => {
      const isExplained = error instanceof TypeError && (await findWrongTypes(manager, new Findings(null)));
      if (!isExplained) throw error;
      findings.add("The session cannot be read to its end: a value has a wrong type.", "restore");
      return 0;
    });
    return { sessionId: master.session_id, messages, findings };
  });
}

/** Verifies what belongs to a session; returns how many messages it has. */
async function verifyRows(manager: EntityManager, master: MasterRow, findings: Findings): Promise<number> {
  const messages = await verifyMessages(manager, master, findings);
  // Another version may have derived those of older sessions in another way.
  if (master.late_digests === null && messages > 0) await verifySetup(manager, master, findings);
  await verifyStrats(manager, master, findings);
  await verifyTrials(manager, master.unique_id, findings);
  return messages;
}

/** Compares the session's fields and its first config with its setup. */
async function verifySetup(manager: EntityManager, master: MasterRow, findings: Findings): Promise<void> {
  const [row] = await query<{
    message_contents: Uint8Array | null;
    timestamp: string;
    config: string;
    at: string;
  }>(
    manager,
    `select message_contents, replay_data.timestamp, config, config_data.timestamp as at from replay_data
     left join config_data on config_data.unique_id = (
       select min(unique_id) from config_data where config_data.master_table_id = ${master.unique_id})
     where replay_data.master_table_id = ${master.unique_id} and seq = 1 and message_type = 'setup'`,
  );
  const fields = row?.message_contents == null ? undefined : readSetup(row.message_contents);
  if (row === undefined || fields === undefined) return;
  const texts = [
    ["experiment_name", fields.experimentName, false],
    ["experiment_description", fields.experimentDescription, false],
    // Made by the daemon where the setup gives none.
    ["experiment_id", fields.experimentId, true],
    ["participant_id", fields.participantId, true],
  ] as const;
  const differing: string[] = texts
    .filter(([column, text, isMade]) => !(isMade && text === null) && !isText(master[column], text))
    .map(([column]) => column);
  if (!isProjection(master.extra_metadata, fields.extraMetadata)) differing.push("extra_metadata");
  for (const column of differing)
    findings.add(`The ${column} of the session is not that of its setup, which is intact.`, "restore");
  if (!isProjection(row.config, fields.sections) || row.at !== row.timestamp)
    findings.add("The config of the session is not that of its setup, which is intact.", "restore");
}

function isText(column: string | null, text: string | null): boolean {
  return column === (text?.replaceAll("\0", "\uFFFD") ?? null);
}

function readSetup(frame: Uint8Array) {
  try {
    const request = decodeFrame(frame, codingOf(frame));
    return isMap(request) ? deriveSetup(request.get("message"), request.get("metadata")) : undefined;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof SetupError) return undefined;
    throw error;
  }
}

/** Checks that each strat has its row, with its time, and that no other message has one. */
async function verifyStrats(
  manager: EntityManager,
  { unique_id: masterId, last_seq: lastSeq }: MasterRow,
  findings: Findings,
): Promise<void> {
  const missing = await query<{ seq: number }>(
    manager,
    `select seq from replay_data left join strat_data on strat_data.replay_table_id = replay_data.unique_id
       and strat_data.timestamp = replay_data.timestamp and strat_data.master_table_id = ${masterId}
     where replay_data.master_table_id = ${masterId} and message_type = 'strat' and seq <= ${lastSeq}
       and message_id not like 'aepsych-%' group by seq having count(strat_data.unique_id) <> 1 order by seq`,
  );
  for (const { seq } of missing)
    findings.add(`The row of strat_data of message ${seq} is missing or was changed.`, "restore");
  const strays = await query<{ unique_id: number }>(
    manager,
    `select strat_data.unique_id from strat_data join replay_data on replay_data.unique_id = replay_table_id
     where strat_data.master_table_id = ${masterId} and (message_type is null or message_type <> 'strat')`,
  );
  for (const { unique_id: id } of strays)
    findings.add(`The row ${id} of strat_data refers to a message that is not a strat.`, "restore");
}

/** Compares the trials with those that derive from the messages, as `rebuild --check` does. */
async function verifyTrials(manager: EntityManager, masterId: number, findings: Findings): Promise<void> {
  const { differences, moreDifferences, isDifferent } = await rebuildSession(manager, masterId, "check");
  if (!isDifferent) return;
  for (const difference of differences) findings.add(difference, "rebuild");
  findings.more += moreDifferences;
}
