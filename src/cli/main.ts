#!/usr/bin/env node
import "reflect-metadata";
import { Command } from "commander";
import { backupCommand } from "./commands/backup.js";
import { importCommand } from "./commands/import.js";
import { deleteCommand } from "./commands/delete.js";
import { exportCommand } from "./commands/export.js";
import { messagesCommand } from "./commands/messages.js";
import { migrateCommand } from "./commands/migrate.js";
import { replayCommand } from "./commands/replay.js";
import { rebuildCommand } from "./commands/rebuild.js";
import { report } from "./report-failure.js";
import { serveCommand } from "./commands/serve.js";
import { sessionsCommand } from "./commands/sessions.js";
import { showCommand } from "./commands/show.js";
import { tokenCommand } from "./commands/token.js";
import { trialsCommand } from "./commands/trials.js";
import { version } from "./version.js";

// `| head` ends what is written to, and not the work that is told of there; a full disk is told.
process.stdout.on("error", report);
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
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
