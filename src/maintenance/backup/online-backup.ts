import type sqlite3 from "sqlite3";
import type { DataSource } from "typeorm";

/** How many pages are copied between two looks at the signal; 4 MiB. */
const pagesAtOnce = 1024;

export interface CopyOptions {
  /** Aborts the copy. */
  readonly signal: AbortSignal;
  /** Called with the number of pages that are copied, and of all pages. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Copies the file of an open connection, page by page, with SQLite's online backup. @throws the signal's reason. */
export async function copyPages(
  source: DataSource,
  path: string,
  { signal, onProgress }: CopyOptions,
): Promise<void> {
  const backup = await new Promise<Backup>((resolve, reject) => {
    const started: Backup = (connectionOf(source) as unknown as BackupSource).backup(path, (error) => {
      if (error === null) resolve(started);
      else reject(error);
    });
  });
  try {
    for (let isDone = false; !isDone;) {
      signal.throwIfAborted();
      isDone = await new Promise<boolean>((resolve, reject) => {
        backup.step(pagesAtOnce, (error, isLast) => {
          if (error === null) resolve(isLast);
          else reject(error);
        });
      });
      onProgress?.(backup.pageCount - backup.remaining, backup.pageCount);
    }
  } finally {
    await new Promise<void>((resolve) => {
      backup.finish(resolve);
    });
  }
}

/** Runs `work` on a connection and interrupts its statement when the signal aborts. */
export async function interruptible<Result>(
  dataSource: DataSource,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  const connection = connectionOf(dataSource);
  const interrupt = (): void => {
    connection.interrupt();
  };
  signal.throwIfAborted();
  signal.addEventListener("abort", interrupt);
  try {
    return await work();
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
}

function connectionOf({ driver }: DataSource): sqlite3.Database {
  return (driver as unknown as { readonly databaseConnection: sqlite3.Database }).databaseConnection;
}

/** SQLite's online backup, which the driver has but its types leave out. */
interface BackupSource {
  backup(path: string, callback: (error: Error | null) => void): Backup;
}

interface Backup {
  readonly remaining: number;
  readonly pageCount: number;
  step(pages: number, callback: (error: Error | null, isLast: boolean) => void): void;
  finish(callback: () => void): void;
}
