import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeTokenLine } from "../../../src/access/index.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";

/** A token file with a token of each kind. */
export interface TestTokens {
  readonly tokenFile: string;
  readonly read: string;
  readonly write: string;
  readonly both: string;
}

/** Makes tokens that are gone after the test. */
export async function makeTokens(): Promise<TestTokens> {
  const tokenFile = join(await temporaryFolder(), "tokens.txt");
  const lines = ["read", "write", "read,write"].map(makeTokenLine);
  await writeFile(tokenFile, `# tokens of a test\n${lines.join("  # somebody's\n")}\n`);
  await chmod(tokenFile, 0o600);
  const [read = "", write = "", both = ""] = lines.map((line) => line.split(" ")[1] ?? "");
  return { tokenFile, read, write, both };
}
