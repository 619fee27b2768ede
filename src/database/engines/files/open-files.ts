import { statSync } from "node:fs";
import { DatabaseError } from "../../database-error.js";

/** The files of a SQLite database, by what follows its path; the main file first. */
const suffixes = ["", "-wal", "-shm"] as const;

/** What happened to a file that a connection has open. */
export interface FileChange {
  /** What follows the database's path in the file's name. */
  readonly suffix: (typeof suffixes)[number];
  /** `missing`: nothing has that path; `replaced`: another file has it; `truncated`: the main file has become shorter. */
  readonly kind: "missing" | "replaced" | "truncated";
}

interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: bigint;
}

/**
 * The files that a connection has open, by device and inode. SQLite goes on writing to a file that was deleted, moved or replaced;
 * what it commits then is not in the database that the path names.
 *
 * A change of the folder, or of what is mounted there, changes what the path of the main file names.
 */
export class OpenFiles {
  readonly #known: (Identity | undefined)[];

  /** Notes the files that the path names now. */
  constructor(readonly path: string) {
    this.#known = suffixes.map((suffix) => identify(path + suffix));
  }

  /** Whether the path still names the file with this suffix that was noted. */
  isInPlace(suffix: FileChange["suffix"]): boolean {
    const before = this.#known[suffixes.indexOf(suffix)];
    const now = identify(this.path + suffix);
    return before !== undefined && now?.inode === before.inode && now.device === before.device;
  }

  /**
   * The first file that the path no longer names; undefined while all are in place. It takes three `stat` calls. A file that was missing
   * at first is noted when it appears: SQLite creates the log with the first message.
   */
  findChange(): FileChange | undefined {
    for (const [index, suffix] of suffixes.entries()) {
      const now = identify(this.path + suffix);
      const before = this.#known[index];
      if (before !== undefined) {
        if (now === undefined) return { suffix, kind: "missing" };
        if (now.inode !== before.inode || now.device !== before.device) return { suffix, kind: "replaced" };
        if (suffix === "" && now.bytes < before.bytes) return { suffix, kind: "truncated" };
      } else if (suffix === "-shm" && now === undefined && this.#known[1] !== undefined) {
        // A connection that was opened beside another of this process shares its index, even a deleted one.
        return { suffix, kind: "missing" };
      }
      this.#known[index] = now;
    }
    return undefined;
  }
}

/** The path no longer names the files that a connection has open. */
export class ReplacedError extends DatabaseError {
  constructor(
    path: string,
    readonly change: FileChange,
  ) {
    super("replaced", describe(path, change));
  }
}

function describe(path: string, { suffix, kind }: FileChange): string {
  const file = path + suffix;
  const happened = {
    missing: "was deleted or moved",
    replaced: "was replaced by another file",
    truncated: "has become shorter",
  }[kind];
  return `${file} ${happened} while telltale had it open; put the right file back, or restart telltale.`;
}

function identify(path: string): Identity | undefined {
  try {
    // Asynchronous calls would wait for one of the process's four worker threads, which SQLite keeps busy.
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found && { device: found.dev, inode: found.ino, bytes: found.size };
  } catch {
    // A folder of the path is missing, or may no longer be searched.
    return undefined;
  }
}
