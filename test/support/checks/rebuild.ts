import { existsSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { checkSessions } from "../../../harness/check-sessions.js";
import { DatabaseError } from "../../../src/database/index.js";
import type { SessionRebuild } from "../../../src/maintenance/index.js";

/** Expects the trials of a database to be those that its log of messages yields. */
export async function expectDerived(location: string): Promise<void> {
  const sessions = await checkSessions(location);
  const differing = sessions.filter(({ isDifferent, kept }) => isDifferent || kept.length > 0);
  expect(differing, `what ${location} holds is not what its log says`).to.deep.equal([]);
}

/** Why the databases of the current test may differ. */
let allowance: string | undefined;
const found: string[] = [];

/**
 * Allows the databases of the current test to end with trials that differ from their messages, which otherwise fails the run.
 *
 * @param reason what the test changes.
 */
export function allowDifference(reason: string): void {
  allowance = reason;
}

/** Notes what a rebuild would change in the databases of a test; {@link takeDifferences} lists it. */
export async function checkAfter(test: Mocha.Test, locations: readonly string[]): Promise<void> {
  const isToCheck = allowance === undefined && test.state === "passed";
  allowance = undefined;
  if (!isToCheck) return;
  for (const location of locations) {
    for (const { isDifferent, sessionId, differences } of await checkReadable(location)) {
      if (isDifferent) found.push(`${test.fullTitle()}: ${sessionId} ${differences[0] ?? ""}`);
    }
  }
}

/** What differed after the tests since the last call, a line a session. */
export function takeDifferences(): readonly string[] {
  return found.splice(0);
}

/** Finds nothing in what this telltale cannot read: another program's file, or an outdated one. */
async function checkReadable(location: string): Promise<SessionRebuild[]> {
  try {
    return await checkSessions(location);
  } catch (error) {
    if (error instanceof DatabaseError) return [];
    throw error;
  }
}

const magic = "SQLite format 3\0";

/** All SQLite files in folders, at any depth. */
export async function findFiles(folders: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const folder of folders) {
    if (!existsSync(folder)) continue; // The test has taken it away itself.
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && (await readBeginning(path)) === magic) files.push(path);
    }
  }
  return files;
}

async function readBeginning(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await file.close();
  }
}
