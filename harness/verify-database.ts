import { ReadOnlyStore } from "../src/database/index.js";
import { type Finding, verifySession, verifyStructure } from "../src/maintenance/index.js";
import { readMasters } from "../src/queries/index.js";

/** Everything that verifying a database finds, as `telltale verify --all` does. */
export async function verifyDatabase(location: string): Promise<Finding[]> {
  const database = await ReadOnlyStore.open(location);
  try {
    const found = [...(await verifyStructure(database)).list];
    for await (const masterId of readMasters((work) => database.readScope(work)))
      found.push(...((await verifySession(database, masterId))?.findings.list ?? []));
    return found;
  } finally {
    await database.close();
  }
}
