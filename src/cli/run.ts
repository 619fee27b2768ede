import "reflect-metadata";
import { Command } from "commander";
import { loadCommands } from "./commands/index.js";
import { crash, isClosedOutput, report } from "./report-failure.js";
import { version } from "./version.js";

/** Loads the command that the command line names, and returns a function that parses the command line and runs it. */
export async function load(): Promise<() => Promise<void>> {
  const program = new Command("telltale")
    .description("Keeps every message of a live psychophysics or behavioural experiment.")
    .version(version);
  for (const command of await loadCommands(process.argv[2])) program.addCommand(command);
  return async () => {
    handleFailures();
    await program.parseAsync();
  };
}

function handleFailures(): void {
  process.on("uncaughtException", crash);
  // A closed pipe (`| head`) ends the output, not the command; a full disk is reported.
  process.stdout.on("error", (error: Error) => {
    if (!isClosedOutput(error, process.stdout)) report(error);
  });
  process.stderr.on("error", (error: Error) => {
    if (!isClosedOutput(error, process.stderr)) process.exit(1);
  });
}
