// The commands by name. Each is imported when it is called, so that it does not wait for the packages of the others.
import type { Command } from "commander";

const commands = new Map<string, () => Promise<Command>>(
  Object.entries({
    serve: async () => (await import("./serve.js")).serveCommand(),
    sessions: async () => (await import("./sessions.js")).sessionsCommand(),
    show: async () => (await import("./show.js")).showCommand(),
    messages: async () => (await import("./messages.js")).messagesCommand(),
    trials: async () => (await import("./trials.js")).trialsCommand(),
    export: async () => (await import("./export.js")).exportCommand(),
    backup: async () => (await import("./backup.js")).backupCommand(),
    migrate: async () => (await import("./migrate.js")).migrateCommand(),
    import: async () => (await import("./import.js")).importCommand(),
    rebuild: async () => (await import("./rebuild.js")).rebuildCommand(),
    verify: async () => (await import("./verify.js")).verifyCommand(),
    delete: async () => (await import("./delete.js")).deleteCommand(),
    replay: async () => (await import("./replay.js")).replayCommand(),
    token: async () => (await import("./token.js")).tokenCommand(),
  }),
);

/** Loads the command that the first argument names; all commands if it names none, as `--help` and a misspelt name need them. */
export async function loadCommands(firstArgument: string | undefined): Promise<Command[]> {
  const named = commands.get(firstArgument ?? "");
  const chosen = named === undefined ? commands.values() : [named];
  return Promise.all([...chosen].map((load) => load()));
}
