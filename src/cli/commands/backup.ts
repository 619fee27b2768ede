import { resolve } from "node:path";
import { Command } from "commander";
import { escapeLines, plural } from "../../common/index.js";
import { type DatabaseVerification, writeBackup } from "../../maintenance/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { damagedExitCode, describeFinding } from "../output/describe-finding.js";
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
    .description(
      "copy the database to a file and verify the copy, even while a daemon writes; exit code 2 if something in it is wrong",
    )
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
  const { rows, strayRows, verification, isInPlace } = await readDatabase(db, (database) =>
    writeBackup(database, path, { isForced, signal, onProgress }),
  ).finally(() => {
    progress.end();
  });
  if (!isInPlace) {
    report(verification);
    complain(`${path} was not replaced; name another file to back up what the database has now.`);
    return;
  }
  const held = [
    plural(rows["master"] ?? 0, "session"),
    plural(rows["replay_data"] ?? 0, "message"),
    plural(rows["raw_data"] ?? 0, "trial"),
  ];
  complain(`${path} holds ${held.join(", ")}; the copy was verified.`);
  if (strayRows > 0) {
    complain(
      `Warning: ${plural(strayRows, "row")} ${strayRows === 1 ? "has" : "have"} no parent row, in the database and so in the backup; another program has changed them.`,
    );
  }
  if (verification === undefined)
    complain("Its schema is an older telltale's: digests and trials can be verified once it is upgraded.");
  report(verification);
}

/** Prints what verifying found, with the exit code of `telltale verify`. */
function report(verification: DatabaseVerification | undefined): void {
  if (verification === undefined || verification.count === 0) return;
  verification.findings.forEach((finding) => {
    complain(describeFinding(finding));
  });
  complain(
    `${plural(verification.count, "problem")} found in the database, and so in the copy: keep the older backups.`,
  );
  process.exitCode = damagedExitCode;
}

function complain(sentence: string): void {
  process.stderr.write(`${escapeLines(sentence)}\n`);
}
