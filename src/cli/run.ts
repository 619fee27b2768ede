import "reflect-metadata";
import { Command } from "commander";
import { backupCommand } from "./commands/backup.js";
import { deleteCommand } from "./commands/delete.js";
import { exportCommand } from "./commands/export.js";
import { importCommand } from "./commands/import.js";
import { messagesCommand } from "./commands/messages.js";
import { migrateCommand } from "./commands/migrate.js";
import { rebuildCommand } from "./commands/rebuild.js";
import { replayCommand } from "./commands/replay.js";
import { serveCommand } from "./commands/serve.js";
import { sessionsCommand } from "./commands/sessions.js";
import { showCommand } from "./commands/show.js";
import { tokenCommand } from "./commands/token.js";
import { trialsCommand } from "./commands/trials.js";
import { crash, isClosedOutput, report } from "./report-failure.js";
import { version } from "./version.js";

/** Parses the command line and runs its command. */
export async function run(): Promise<void> {
  process.on("uncaughtException", crash);
  // A closed pipe (`| head`) ends the output, not the command; a full disk is reported.
  process.stdout.on("error", (error: Error) => {
    if (!isClosedOutput(error, process.stdout)) report(error);
  });
  process.stderr.on("error", (error: Error) => {
    if (!isClosedOutput(error, process.stderr)) process.exit(1);
  });

  await new Command("telltale")
    .description("Keeps every message of a live psychophysics or behavioural experiment.")
    .version(version)
    .addCommand(serveCommand())
    .addCommand(sessionsCommand())
    .addCommand(showCommand())
    .addCommand(messagesCommand())
    .addCommand(trialsCommand())
    .addCommand(exportCommand())
    .addCommand(backupCommand())
    .addCommand(migrateCommand())
    .addCommand(importCommand())
    .addCommand(rebuildCommand())
    .addCommand(deleteCommand())
    .addCommand(replayCommand())
    .addCommand(tokenCommand())
    .parseAsync();
}
