import { resolve } from "node:path";
import { Command } from "commander";
import { plural } from "../../common/index.js";
import { writeBackup } from "../../maintenance/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { ProgressLine } from "../output/progress-line.js";
import { reportFailure } from "../report-failure.js";
import { writeUntilStopped } from "../stop-signals.js";

interface BackupFlags {
  readonly db?: string;
  /** Whether an existing file is replaced. */
  readonly force?: boolean;
}

/** `telltale backup`: copies the database to a file, even while a daemon writes. */
export function backupCommand(): Command {
  return new Command("backup")
    .description("copy the database to a file and verify the copy, even while a daemon writes")
    .argument("<file>", "file to write")
    .option("--force", "replacement of an existing file")
    .addOption(existingDatabaseOption())
    .action((file: string, { db, force = false }: BackupFlags) =>
      reportFailure(() => writeUntilStopped((signal) => backUp(db, resolve(file), force, signal))),
    );
}

async function backUp(db: string | undefined, path: string, isForced: boolean, signal: AbortSignal) {
  const progress = new ProgressLine();
  const onProgress = (done: number, total: number): void => {
    progress.show(done, total);
  };
  const { rows, strayRows } = await readDatabase(db, (database) =>
    writeBackup(database, path, { isForced, signal, onProgress }),
  ).finally(() => {
    progress.end();
  });
  const held = [
    plural(rows["master"] ?? 0, "session"),
    plural(rows["replay_data"] ?? 0, "message"),
    plural(rows["raw_data"] ?? 0, "trial"),
  ];
  process.stderr.write(`${path} holds ${held.join(", ")}; the copy was verified.\n`);
  if (strayRows > 0) {
    process.stderr.write(
      `Warning: ${plural(strayRows, "row")} ${strayRows === 1 ? "has" : "have"} no parent row, in the database and so in the backup; another program has changed them.\n`,
    );
  }
}
