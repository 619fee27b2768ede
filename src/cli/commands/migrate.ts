import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Command } from "commander";
import { escapeLines, plural } from "../../common/index.js";
import { type UpgradePlan, type UpgradeReport, planUpgradeOf, upgradeFile } from "../../maintenance/index.js";
import { showProgress } from "../output/progress-line.js";
import { reportFailure } from "../report-failure.js";

/** The exit code if trials that AEPsych wrote match no tells. */
const unmatchedExitCode = 2;

/** `telltale migrate`: upgrades a file that AEPsych wrote, in place. */
export function migrateCommand(): Command {
  return new Command("migrate")
    .description(
      `upgrade a file that AEPsych wrote, in place, after a backup in the same folder; exit code ${unmatchedExitCode} if some of its trials do not match its messages`,
    )
    .argument("<file>", "SQLite file")
    .option("--dry-run", "report of what would be done, without doing it")
    .action((file: string, { dryRun = false }: { dryRun?: boolean }) =>
      reportFailure(async () => {
        if (await migrate(file, dryRun)) process.exitCode = unmatchedExitCode;
      }),
    );
}

/**
 * Upgrades a file if it needs it, and prints what is done.
 *
 * @returns whether trials that AEPsych wrote match no tells of their session.
 * @throws DatabaseError when the file cannot be upgraded.
 */
export async function migrate(file: string, isDryRun: boolean): Promise<boolean> {
  const plan = await planUpgradeOf(file);
  const path = resolve(file);
  print(describePlan(path, plan));
  if (isDryRun || !isNeeded(plan)) return false;
  const report = await upgradeFile(path, showProgress);
  showProgress("");
  print(describeReport(report));
  return report.hasUnmatched;
}

/** Whether a file exists and must be upgraded before a daemon can write to it. */
export async function isOutdated(path: string): Promise<boolean> {
  const entry = await stat(path).catch(() => undefined);
  return entry !== undefined && entry.size > 0 && isNeeded(await planUpgradeOf(path));
}

function isNeeded({ migrations, sessionsDue }: UpgradePlan): boolean {
  return migrations.length > 0 || sessionsDue > 0;
}

function describePlan(path: string, { generation, migrations, rows, sessionsDue }: UpgradePlan): string {
  const held = `${plural(rows["master"] ?? 0, "session")}, ${plural(rows["replay_data"] ?? 0, "message")}, ${plural(rows["raw_data"] ?? 0, "trial")}`;
  if (migrations.length > 0 && generation === undefined) {
    return `${path} was written by an older telltale, or its upgrade did not finish: ${held}.\nUpgrade: a backup in the same folder, then the migrations ${migrations.join(", ")}.`;
  }
  if (migrations.length > 0) {
    return [
      `${path} is an AEPsych file of generation ${generation}: ${held}.`,
      `Upgrade: a backup in the same folder, then the migrations ${migrations.join(", ")}; pickles become JSON or MessagePack, and missing trials are derived from the messages.`,
    ].join("\n");
  }
  if (sessionsDue > 0) {
    return `The upgrade of ${path} did not finish: the trials of ${plural(sessionsDue, "session")} are still to be derived.`;
  }
  return `${path} is up to date: ${held}. Nothing to do.`;
}

function describeReport({ backup, plan, rows, notes, ...done }: UpgradeReport): string {
  const tables = Object.entries(rows)
    .filter(([table, after]) => after > 0 || (plan.rows[table] ?? 0) > 0)
    .map(([table, after]) => `  ${table}: ${plan.rows[table] ?? 0} rows before, ${after} after`);
  return [
    "Upgraded.",
    ...(backup === undefined ? [] : [`The backup is ${backup}.`]),
    ...tables,
    `  ${plural(done.trialsAdded, "trial")} derived in ${plural(done.sessions, "session")}, extra_data added to ${plural(done.extraDataFilled, "trial")}, parameters or outcomes to ${done.trialsCompleted}, ${plural(done.underivable, "tell")} underivable`,
    ...(notes.length === 0 ? [] : ["Kept unchanged:", ...notes.map((note) => `  ${note}`)]),
  ].join("\n");
}

function print(text: string): void {
  process.stdout.write(`${escapeLines(text)}\n`);
}
