import { Argument, Command, InvalidArgumentError } from "commander";
import { makeTokenLine, readScopes } from "../../access/index.js";

/** `telltale token`: creates a line for a token file. */
export function tokenCommand(): Command {
  return new Command("token")
    .description("create a token: a line for the file that `telltale serve --token-file` reads")
    .addArgument(
      new Argument(
        "<scope>",
        "scope of the token: write to send messages, read to read stored data, or read,write",
      ).argParser(readScopeNames),
    )
    .action((scope: string) => {
      process.stdout.write(`${makeTokenLine(scope)}\n`);
    });
}

function readScopeNames(text: string): string {
  if (readScopes(text) !== undefined) return text;
  throw new InvalidArgumentError("The scope must be read, write or read,write.");
}
