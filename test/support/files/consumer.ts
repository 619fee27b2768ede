import { spawn } from "node:child_process";
import { cp, mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageJson, root } from "./project.js";

/** What `npm pack` reads, and what its prepack builds from. */
const sources = [
  ...["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"],
  ...["README.md", "LICENSE", "CHANGELOG.md", "scripts", "src", "migrations", "docs", "deploy", "examples"],
];

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program in a folder to its end. */
export async function runIn(cwd: string, command: string, ...flags: string[]): Promise<Ended> {
  // Newer versions of Node would leave a cache of compiled code in the folder for temporary files.
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" };
  const child = spawn(command, flags, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  return { code, output };
}

/** Runs a program in a folder, and throws what it said if it fails. */
export async function runWell(cwd: string, command: string, ...flags: string[]): Promise<string> {
  const { code, output } = await runIn(cwd, command, ...flags);
  if (code !== 0)
    throw new Error(`${command} ${flags.join(" ")} ended with ${code ?? "a signal"}:\n${output}`);
  return output;
}

/** Builds the package from a copy of the sources, as `npm publish` does; gives the archive's path. */
export async function packProject(folder: string): Promise<string> {
  const copy = join(folder, "project");
  await mkdir(copy);
  for (const name of sources) await cp(join(root, name), join(copy, name), { recursive: true });
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));
  await runWell(copy, "npm", "pack", "--pack-destination", folder);
  return join(folder, `telltale-${packageJson.version}.tgz`);
}

/** Makes a folder with an empty package of ES modules. */
export async function makeConsumer(folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: "consumer", version: "1.0.0", private: true, type: "module" }),
  );
}

/** Gives an installed telltale the project's sqlite3 binary, which an installation would compile for minutes. */
export async function copySqliteBinary(consumer: string): Promise<void> {
  const installed = await realpath(join(consumer, "node_modules", "telltale", "package.json"));
  const find = (from: string) => join(createRequire(from).resolve("sqlite3/package.json"), "..", "build");
  await cp(find(join(root, "package.json")), find(installed), { recursive: true });
}
