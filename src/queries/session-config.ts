import { type AnnouncedNames, readAnnouncedNames } from "../derivation/index.js";
import { type ReadOnlyStore, query } from "../database/index.js";
import { type Value, isMap } from "../protocol/index.js";
import { readStoredJson } from "./stored-json.js";
import { TimeSlice } from "./time-slice.js";

/**
 * The sections of a session's last config; null if it has none.
 *
 * @param masterId the session's unique_id in master.
 * @throws DatabaseError `unavailable` when the database cannot be read now.
 */
export async function readConfig(store: ReadOnlyStore, masterId: number): Promise<Value> {
  const [row] = await store.readScope((manager) =>
    query<{ config: string | null }>(
      manager,
      `select config from config_data where master_table_id = ${masterId} order by unique_id desc limit 1`,
    ),
  );
  return new TimeSlice(store).run(readStoredJson(row?.config));
}

/** The parameters and outcomes that a session's last config names, in its order; throws as {@link readConfig}. */
export async function readNamesOfConfig(store: ReadOnlyStore, masterId: number): Promise<AnnouncedNames> {
  const sections = await readConfig(store, masterId);
  return readAnnouncedNames(isMap(sections) ? sections : new Map());
}
