import { Argument, Command, InvalidArgumentError } from "commander";
import { makeTokenLine, readScopes } from "../../access/index.js";

/** `telltale token`: makes a line for a token file. */
export function tokenCommand(): Command {
  return new Command("token")
    .description("make a token: a line for the file that telltale serve takes with --token-file")
    .addArgument(
      new Argument("<scope>", "write to send messages, read to read what is kept, or read,write").argParser(
        readScopeNames,
      ),
    )
    .action((scope: string) => {
      process.stdout.write(`${makeTokenLine(scope)}\n`);
    });
}

function readScopeNames(text: string): string {
  if (readScopes(text) !== undefined) return text;
  throw new InvalidArgumentError("It must be read, write or read,write.");
}
