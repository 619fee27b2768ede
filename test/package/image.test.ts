import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { runWell } from "../support/files/consumer.js";
import { packageJson, readProjectFile, root } from "../support/files/project.js";

const lock = JSON.parse(readProjectFile("package-lock.json")) as {
  readonly packages: Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>;
};

/** One instruction of the Dockerfile. */
interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of each stage, without comments. */
function readStages(): Instruction[][] {
  const stages: Instruction[][] = [];
  const lines = readProjectFile("deploy/Dockerfile").replaceAll("\\\n", " ").split("\n");
  for (const line of lines) {
    const [, name = "", text = ""] = /^([A-Z]+) +(.*)$/.exec(line.trim()) ?? [];
    if (name === "FROM") stages.push([]);
    else if (name !== "") stages.at(-1)?.push({ name, text });
  }
  return stages;
}

/** Installs what `npm ci` would: links to the project's packages; without development dependencies if the command says so. */
async function installPackages(folder: string, command: string): Promise<void> {
  const isProduction = command.includes("--omit=dev");
  if (!isProduction) {
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    return;
  }
  await runWell(folder, "rm", "node_modules");
  for (const [path, { dev, devOptional }] of Object.entries(lock.packages)) {
    const isOurs = /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true && devOptional !== true;
    if (!isOurs || !existsSync(join(root, path))) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(join(root, path), join(folder, path));
  }
}

/** Follows one stage below a folder that stands for `/`. */
async function followStage(stage: readonly Instruction[], base: string, previous: string): Promise<string> {
  let workdir = base;
  for (const { name, text } of stage) {
    if (name === "WORKDIR") {
      workdir = join(base, text);
      await mkdir(workdir, { recursive: true });
    }
    if (name === "COPY") {
      const isFromStage = text.startsWith("--from=");
      const names = text.split(" ").filter((word) => !word.startsWith("--"));
      const target = names.pop() ?? "";
      for (const source of names) {
        const from = isFromStage ? join(previous, source) : join(root, source);
        const to = join(workdir, target === "./" ? (source.split("/").at(-1) ?? "") : target);
        await cp(from, to, { recursive: true, verbatimSymlinks: true });
      }
    }
    if (name === "RUN")
      for (const command of text.split("&&").map((one) => one.trim()))
        if (command.startsWith("npm ci")) await installPackages(workdir, command);
        // The user is not everywhere.
        else if (!command.startsWith("chown "))
          await runWell(workdir, "/bin/sh", "-c", command.replace(/(?<= )\//g, `${base}/`));
  }
  return workdir;
}

describe("deploy/Dockerfile, followed without Docker", function () {
  this.timeout(300_000);

  before(function () {
    if (process.platform === "win32") this.skip();
  });

  it("makes an image whose command starts a daemon and stops at the image's signal", async () => {
    const folder = await temporaryFolder();
    const [build, image] = [join(folder, "build"), join(folder, "image")];
    await mkdir(join(image, "usr", "local", "bin"), { recursive: true });
    const stages = readStages();
    expect(stages).to.have.lengthOf(2);
    await followStage(stages[0]!, build, "");
    const workdir = await followStage(stages[1]!, image, build);
    const valueOf = (name: string) => stages[1]!.findLast((one) => one.name === name)?.text ?? "";
    const env = {
      PATH: `${image}/usr/local/bin:${dirname(process.execPath)}:/usr/bin:/bin`,
      ...Object.fromEntries(
        stages[1]!
          .filter(({ name }) => name === "ENV")
          .flatMap(({ text }) => text.replaceAll("=/", `=${image}/`).split(" "))
          .map((pair) => pair.split("=", 2) as [string, string]),
      ),
      // As in docs/OPERATING.md, and on any free port.
      TELLTALE_INSECURE: "true",
      TELLTALE_PORT: "0",
      TMPDIR: process.env["TMPDIR"],
    };
    const [command = "", ...flags] = JSON.parse(valueOf("CMD")) as string[];
    expect(execFileSync(command, ["--version"], { env, cwd: workdir, encoding: "utf8" })).to.equal(
      `${packageJson.version}\n`,
    );
    const served = await DaemonProcess.startBy(command, flags, { env, cwd: workdir });
    expect(existsSync(join(image, "data", "telltale.db"))).to.equal(true);
    expect(await served.end(valueOf("STOPSIGNAL") as NodeJS.Signals)).to.equal(0);
  });
});
