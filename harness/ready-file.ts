import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "../src/index.js";
import { temporaryFolder } from "./temporary-folder.js";

let ready: Promise<Buffer> | undefined;

/** The path of a new SQLite file that already has telltale's schema; it is removed after the test. */
export async function makeReadyFile(): Promise<string> {
  ready ??= makeOnce();
  const path = join(await temporaryFolder(), "test.db");
  await writeFile(path, await ready, { mode: 0o600 });
  return path;
}

/** The bytes of a file that telltale has opened once. */
async function makeOnce(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "telltale-"));
  const path = join(folder, "ready.db");
  await (await Database.open(path)).close();
  const bytes = await readFile(path);
  await rm(folder, { recursive: true });
  return bytes;
}
