#!/usr/bin/env node
import "reflect-metadata";
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { backupCommand } from "./backup.js";
import { importCommand } from "./import.js";
import { deleteCommand } from "./delete.js";
import { exportCommand } from "./export.js";
import { messagesCommand } from "./messages.js";
import { migrateCommand } from "./migrate.js";
import { replayCommand } from "./replay.js";
import { rebuildCommand } from "./rebuild.js";
import { report } from "./report-failure.js";
import { serveCommand } from "./serve.js";
import { sessionsCommand } from "./sessions.js";
import { showCommand } from "./show.js";
import { tokenCommand } from "./token.js";
import { trialsCommand } from "./trials.js";

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

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
