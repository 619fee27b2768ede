import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, mkdir, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import ts from "typescript";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = join("dist", "src", "cli", "main.js");

async function run(folder: string, flags: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(folder, main), ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, "exit");
  return { code: child.exitCode, stdout, stderr };
}

describe("Starting telltale with a Node.js that is too old", () => {
  /** Runs a command as if Node.js had another version. */
  async function runWith(version: string, ...flags: string[]) {
    const preload = join(await temporaryFolder(), "version.cjs");
    await writeFile(
      preload,
      `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });\n`,
    );
    return run(root, flags, { NODE_OPTIONS: `--require ${preload}` });
  }

  for (const version of [
    "14.21.3",
    "16.20.2",
    "18.20.8",
    "20.20.1",
    "21.7.3",
    "22.22.1",
    "24.14.0",
    "25.8.1",
  ]) {
    it(`says in a sentence which one it needs, for ${version}, and exits with 1`, async () => {
      expect(await runWith(version, "serve")).to.deep.equal({
        code: 1,
        stdout: "",
        stderr: `telltale needs Node.js 20.20.2, 22.22.2, 24.14.1, 25.8.2 or newer, and this is ${version}; install a newer one from https://nodejs.org.\n`,
      });
    });
  }

  for (const version of ["20.20.2", "22.22.2", "22.23.0", "24.14.1", "25.9.0", "26.0.0"]) {
    it(`starts with ${version}`, async () => {
      expect(await runWith(version, "--version")).to.include({ code: 0, stderr: "" });
    });
  }

  it("needs the version of package.json", async () => {
    const { engines } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
      engines: { node: string };
    };
    expect(engines.node).to.equal("^20.20.2 || ^22.22.2 || ^24.14.1 || >=25.8.2");
  });

  it("begins in a file that an old Node.js can parse, which imports nothing before the check", async () => {
    const source = await readFile(join(root, main), "utf8");
    const transpile = (target: ts.ScriptTarget) =>
      ts.transpileModule(source, { compilerOptions: { target, module: ts.ModuleKind.ESNext } }).outputText;
    expect(transpile(ts.ScriptTarget.ES2019)).to.equal(transpile(ts.ScriptTarget.ESNext));
    expect(source).not.to.match(/^import\b/m);
  });
});

describe("Starting telltale without a binary of sqlite3", () => {
  let folder: string;
  let sqlite3: string;

  // The installation as `npm install --ignore-scripts` leaves it: nothing was built.
  beforeEach(async () => {
    folder = await temporaryFolder();
    sqlite3 = join(folder, "node_modules", "sqlite3");
    await mkdir(join(sqlite3, "lib"), { recursive: true });
    const installed = join(root, "node_modules");
    for (const name of await readdir(installed)) {
      if (name !== "sqlite3") await symlink(join(installed, name), join(folder, "node_modules", name));
    }
    await cp(join(installed, "sqlite3", "lib"), join(sqlite3, "lib"), { recursive: true });
    await copyFile(join(installed, "sqlite3", "package.json"), join(sqlite3, "package.json"));
    await copyFile(join(root, "package.json"), join(folder, "package.json"));
    for (const part of ["src", "migrations"]) {
      await cp(join(root, "dist", part), join(folder, "dist", part), { recursive: true });
    }
  });

  async function expectFailure(start: RegExp): Promise<void> {
    for (const flags of [["serve"], ["sessions", "--db", "test.db"], ["--help"]]) {
      const { code, stdout, stderr } = await run(folder, flags);
      expect(stderr).to.match(start);
      expect(stderr).to.match(/^[^\n]*`npm rebuild sqlite3 [^\n]*`pnpm approve-builds`[^\n]*\.\n$/);
      expect([code, stdout]).to.deep.equal([1, ""]);
    }
  }

  it("says in a sentence how to build it, and exits with 1", async () => {
    await expectFailure(/^The package sqlite3 was installed without its binary; /);
  });

  it("says in a sentence that a binary for another system does not load", async () => {
    await mkdir(join(sqlite3, "build", "Release"), { recursive: true });
    await writeFile(join(sqlite3, "build", "Release", "node_sqlite3.node"), "for another system");
    await expectFailure(/^The binary of the package sqlite3 does not load here \(.+\); /);
  });

  it("says in a sentence that another package is missing", async () => {
    await rm(join(folder, "node_modules", "ws"));
    const { code, stderr } = await run(folder, ["serve"]);
    expect(stderr).to.match(
      /^telltale cannot be loaded \(.*'ws'.*\); install it and its packages again\.\n$/,
    );
    expect(code).to.equal(1);
  });

  it("prints the stack trace with NODE_DEBUG=telltale", async () => {
    const { stderr } = await run(folder, ["serve"], { NODE_DEBUG: "telltale" });
    expect(stderr).to.match(/^ +at /m);
  });
});

describe("Starting telltale where too few files may be open", () => {
  it("says so in a sentence, and exits with 1", async function () {
    if (process.platform === "win32") this.skip();
    const command = join(root, "dist", "bundle", "cli", "main.js");
    const child = spawn("/bin/sh", ["-c", 'ulimit -n 24; exec "$0" "$1" serve', process.execPath, command], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    if (child.exitCode === null) await once(child, "exit");
    expect({ code: child.exitCode, stdout, stderr }).to.deep.equal({
      code: 1,
      stdout: "",
      stderr: "telltale cannot be loaded; raise the limit of open files (ulimit -n) or install it again.\n",
    });
  });
});
