/**
 * Builds telltale into dist/: the program and the client library for web pages.
 *
 * --all         build the tests, benchmarks and faults too
 * --clean       delete dist/ first, and with it what deleted sources left there
 * --if-changed  do nothing if no source changed since the last build: a daemon then restarts at once
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleProgram } from "./bundle.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "dist/bundle/cli/main.js");
/** The file with the digest of the sources of the last build. */
const stamp = join(root, "dist/built-from.txt");
const require = createRequire(import.meta.url);

/** A digest of the names, sizes and times of all files that the program is made from. */
function digestSources() {
  const files = ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"];
  for (const folder of ["scripts", "src", "migrations"])
    for (const name of readdirSync(join(root, folder), { recursive: true })) files.push(join(folder, name));
  const digest = createHash("sha256");
  for (const file of files.sort()) {
    const { size, mtimeMs } = statSync(join(root, file));
    digest.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return digest.digest("hex");
}

/** Finds the compiler and the bundler, which `npm ci --omit=dev` leaves out. */
function findTools() {
  try {
    return { tsc: require.resolve("typescript/bin/tsc"), esbuild: require("esbuild") };
  } catch {
    console.error("Building telltale needs its development dependencies: run `npm ci` first.");
    process.exit(1);
  }
}

async function build(project) {
  const { tsc, esbuild } = findTools();
  const { status } = spawnSync(process.execPath, [tsc, "--project", join(root, project)], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
  await bundleProgram(esbuild, root);
  await esbuild.build({
    entryPoints: [join(root, "dist/src/client/index.js")],
    outfile: join(root, "dist/client/telltale-client.js"),
    bundle: true,
    minify: true,
    format: "iife",
    globalName: "telltale",
    target: "es2022",
    logLevel: "warning",
  });
  // Links to this file are executed (deploy/Dockerfile, docs/OPERATING.md, npx).
  chmodSync(main, 0o755);
}

const flags = process.argv.slice(2);
if (flags.includes("--clean")) rmSync(join(root, "dist"), { recursive: true, force: true });
const sources = digestSources();
const isBuilt = existsSync(main) && existsSync(stamp) && readFileSync(stamp, "utf8") === sources;
if (!(isBuilt && flags.includes("--if-changed"))) {
  console.error(existsSync(main) ? "building telltale …" : "building telltale …; about 30 s the first time");
  rmSync(stamp, { force: true });
  // Once the tests are compiled they stay in the build: the compiler then continues from its last state, which is faster.
  const isWhole = flags.includes("--all") || existsSync(join(root, "dist/test"));
  await build(isWhole ? "tsconfig.json" : "tsconfig.build.json");
  writeFileSync(stamp, sources);
}
