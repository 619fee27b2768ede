import { readFileSync } from "node:fs";

const { name, version } = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
) as { name: string; version: string };

/** What made a dataset, as its dataset_description.json says it. */
export const generator = { Name: name, Version: version };
