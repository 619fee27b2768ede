import { readFileSync } from "node:fs";

const { version: packageVersion } = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
) as { version: string };

/** The version of this package; daemons and exports get it from here. */
export const version = packageVersion;
