import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveSettings } from "../../../src/cli/config/serve-settings.js";

/** The folder of the project. */
export const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** The text of a file of the project, with `\n` at the ends of its lines. */
export function readProjectFile(name: string): string {
  return readFileSync(join(root, name), "utf8").replaceAll("\r\n", "\n");
}

/** What the tests need of package.json. */
export const packageJson = JSON.parse(readProjectFile("package.json")) as {
  readonly version: string;
  readonly bin: { readonly telltale: string };
};

/** The names in a text that look like settings of `telltale serve` and are none. */
export function findUnknownVariables(text: string): string[] {
  const known: string[] = Object.values(serveSettings).map(({ variable }) => variable);
  return (text.match(/TELLTALE_[A-Z_]+/g) ?? []).filter((name) => !known.includes(name));
}
