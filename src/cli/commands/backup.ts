import { resolve } from "node:path";
import { Command } from "commander";
import { plural } from "../../common/index.js";
import { writeBackup } from "../../maintenance/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { ProgressLine } from "../output/progress-line.js";
import { reportFailure } from "../report-failure.js";
import { stopOnSignals } from "../stop-signals.js";

interface BackupFlags {
  readonly db?: string;
  /** To write over what is there. */
  readonly force?: boolean;
}

/** `telltale backup`: copies the database to a file while a daemon writes to it. */
export function backupCommand(): Command {
  return new Command("backup")
    .description("copy the database to a file, whole and checked, also while a daemon writes to it")
    .argument("<file>", "the file to write")
    .option("--force", "write over what is there")
    .addOption(existingDatabaseOption())
    .action((file: string, { db, force = false }: BackupFlags) =>
      reportFailure(() => stopOnSignals((signal) => backUp(db, resolve(file), force, signal))),
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
  process.stderr.write(`${path} holds ${held.join(", ")}, and was checked.\n`);
  if (strayRows > 0) {
    process.stderr.write(
      `In it, as in the database, ${plural(strayRows, "row")} without the row that belongs to it: something other than telltale has changed them.\n`,
    );
  }
}
