import { ReadOnlyStore } from "../src/database/index.js";
import { type Finding, verifyDatabase as verify } from "../src/maintenance/index.js";

/** Everything that verifying a database finds, as `telltale verify --all` does. */
export async function verifyDatabase(location: string): Promise<readonly Finding[]> {
  const database = await ReadOnlyStore.open(location);
  try {
    return (await verify(database)).findings;
  } finally {
    await database.close();
  }
}
