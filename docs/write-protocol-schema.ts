import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { describeProtocol } from "../src/protocol/index.js";

/** Writes docs/protocol.schema.json; this file runs from dist/docs. */
const path = fileURLToPath(new URL("../../docs/protocol.schema.json", import.meta.url));
const options = await resolveConfig(path);
await writeFile(path, await format(JSON.stringify(describeProtocol()), { ...options, filepath: path }));
