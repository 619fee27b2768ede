import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Command } from "commander";
import { DatabaseError } from "../../database/index.js";
import { type UpgradePlan, type UpgradeReport, planUpgradeOf, upgradeFile } from "../../maintenance/index.js";
import { plural } from "../../common/index.js";
import { showProgress } from "../output/progress-line.js";

/** `telltale migrate`: upgrades a file that AEPsych wrote, in place. */
export function migrateCommand(): Command {
  return new Command("migrate")
    .description("upgrade a file that AEPsych wrote, in place, after a backup beside it")
    .argument("<file>", "the SQLite file")
    .option("--dry-run", "only say what would be done")
    .action(async (file: string, { dryRun }: { dryRun?: boolean }) => {
      try {
        await migrate(file, dryRun === true);
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 1;
      }
    });
}

/**
 * Upgrades a file where it needs it, and says so.
 *
 * @throws DatabaseError when it cannot be upgraded.
 */
export async function migrate(file: string, isDryRun: boolean): Promise<void> {
  const plan = await planUpgradeOf(file);
  const path = resolve(file);
  print(describePlan(path, plan));
  if (isDryRun || !isNeeded(plan)) return;
  const report = await upgradeFile(path, showProgress);
  showProgress("");
  print(describeReport(report));
}

/** Whether there is a file, and it needs to be upgraded before a daemon can write to it. */
export async function isOutdated(path: string): Promise<boolean> {
  const entry = await stat(path).catch(() => undefined);
  return entry !== undefined && entry.size > 0 && isNeeded(await planUpgradeOf(path));
}

function isNeeded({ stairs, sessionsDue }: UpgradePlan): boolean {
  return stairs.length > 0 || sessionsDue > 0;
}

function describePlan(path: string, { generation, stairs, rows, sessionsDue }: UpgradePlan): string {
  const held = `${plural(rows["master"] ?? 0, "session")}, ${plural(rows["replay_data"] ?? 0, "message")}, ${plural(rows["raw_data"] ?? 0, "trial")}`;
  if (stairs.length > 0 && generation === undefined) {
    return `${path} is of an older telltale, or was not upgraded to the end: ${held}.\nTo be upgraded: a backup is made beside it, then it climbs ${stairs.join(", ")}.`;
  }
  if (stairs.length > 0) {
    return [
      `${path} is of generation ${generation} of AEPsych's files: ${held}.`,
      `To be upgraded: a backup is made beside it, then it climbs ${stairs.join(", ")}; pickles become JSON or MessagePack, and trials that it lacks are derived from its messages.`,
    ].join("\n");
  }
  if (sessionsDue > 0) {
    return `${path} was upgraded, but not to the end: the trials of ${plural(sessionsDue, "session")} are yet to be derived.`;
  }
  return `${path} is up to date: ${held}. Nothing is to be done.`;
}

function describeReport({ backup, plan, rows, notes, ...done }: UpgradeReport): string {
  const tables = Object.entries(rows)
    .filter(([table, after]) => after > 0 || (plan.rows[table] ?? 0) > 0)
    .map(([table, after]) => `  ${table}: ${plan.rows[table] ?? 0} rows before, ${after} after`);
  return [
    "Upgraded.",
    ...(backup === undefined ? [] : [`The backup is ${backup}.`]),
    ...tables,
    `  ${plural(done.trialsAdded, "trial")} derived in ${plural(done.sessions, "session")}, extra_data given to ${plural(done.extraDataFilled, "trial")}, ${plural(done.underivable, "tell")} underivable`,
    ...(notes.length === 0 ? [] : ["Kept as it was:", ...notes.map((note) => `  ${note}`)]),
  ].join("\n");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
