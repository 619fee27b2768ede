import { setTimeout as pause } from "node:timers/promises";
import { startsPostgres } from "../../../harness/postgres/shared-server.js";

/** What keeps a process alive, or a file or port busy, when it is left open. */
const kinds = ["TCPSocketWrap", "TCPServerWrap", "ProcessWrap", "FSReqCallback"] as const;

/** How long the system may take to close what the last test closed. */
const closedWithinMs = 5000;

interface Note {
  readonly test: string;
  readonly open: ReadonlyMap<string, number>;
}

const notes: Note[] = [];
/** What an earlier file of this process left open, and was reported. */
const reported = new Map<string, number>();

/** Notes how much is open after a test. */
export function noteOpenHandles(test: string): void {
  notes.push({ test, open: countOpen() });
}

/**
 * Reports the handles still open after the noted tests, one line per kind, with the test that first left it open; clears the notes.
 * Nothing else runs in the meantime, so a handle that is open for longer than a moment stays open.
 */
export async function takeOpenHandles(): Promise<string[]> {
  const patience = Date.now() + closedWithinMs;
  let open = countOpen();
  while (open.size > 0 && Date.now() < patience) {
    await pause(1);
    open = countOpen();
  }
  const lines = [...open].map(([kind, count]) => {
    const before = notes.findLastIndex((note) => (note.open.get(kind) ?? 0) < count);
    return `${count} ${kind} since ${notes[before + 1]?.test ?? "the end"}`;
  });
  notes.length = 0;
  for (const [kind, count] of open) reported.set(kind, (reported.get(kind) ?? 0) + count);
  return lines;
}

function countOpen(): Map<string, number> {
  const resources = process.getActiveResourcesInfo();
  const counts = kinds.map((kind) => {
    const count = resources.filter((resource) => resource === kind).length;
    const own = kind === "ProcessWrap" && startsPostgres() ? 1 : 0;
    return [kind, count - own - (reported.get(kind) ?? 0)] as const;
  });
  return new Map(counts.filter(([, count]) => count > 0));
}
