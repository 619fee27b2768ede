import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { serveSettings } from "../../src/cli/config/serve-config.js";
import { startDaemon } from "../support/daemon/daemon.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (name: string) => readFileSync(join(root, name), "utf8");
const { bin } = JSON.parse(read("package.json")) as { bin: { telltale: string } };

/** The environment variables that telltale would refuse. */
function unknownVariables(text: string): string[] {
  const known: string[] = Object.values(serveSettings).map(({ variable }) => variable);
  return (text.match(/TELLTALE_[A-Z_]+/g) ?? []).filter((name) => !known.includes(name));
}

describe("deploy/telltale.service", () => {
  const unit = read("deploy/telltale.service");

  it("is a unit that systemd takes", function () {
    const unitPath = join(root, "deploy/telltale.service");
    const { error, stderr } = spawnSync("systemd-analyze", ["verify", unitPath], { encoding: "utf8" });
    // There is no systemd here.
    if (error !== undefined) this.skip();
    // Node may lie elsewhere on this machine.
    expect(stderr.split("\n").filter((line) => line !== "" && !line.includes("/usr/bin/node"))).to.deep.equal(
      [],
    );
  });

  it("starts the program that the package has, with settings that it takes", () => {
    expect(unit).to.include(`ExecStart=/usr/bin/node ${bin.telltale} serve\n`);
    expect(unknownVariables(unit)).to.deep.equal([]);
  });
});

describe("deploy/Dockerfile", () => {
  const file = read("deploy/Dockerfile");
  const instructions = file.replaceAll("\\\n", " ").split("\n");
  const argumentsOf = (name: string) =>
    instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

  it("copies what there is, and what is not ignored", () => {
    const allowed = read("deploy/Dockerfile.dockerignore").match(/(?<=^!).*$/gm);
    const copied = argumentsOf("COPY")
      .filter((line) => !line.startsWith("--from"))
      .flatMap((line) => line.split(" ").slice(0, -1));
    expect(copied).to.include("src");
    for (const path of copied) {
      expect(existsSync(join(root, path)), path).to.equal(true);
      expect(allowed, path).to.include(path);
    }
  });

  it("runs the program that the package has, as a user without rights, with settings that it takes", () => {
    expect(file).to.include(`ln -s /opt/telltale/${bin.telltale} /usr/local/bin/telltale`);
    expect(argumentsOf("USER")).to.deep.equal(["node"]);
    expect(argumentsOf("STOPSIGNAL")).to.deep.equal(["SIGTERM"]);
    expect(argumentsOf("EXPOSE")).to.deep.equal([serveSettings.port.default]);
    expect(argumentsOf("CMD")).to.deep.equal(['["telltale", "serve"]']);
    expect(unknownVariables(file)).to.deep.equal([]);
  });

  it("finds out whether the daemon is well", async () => {
    const daemon = await startDaemon();
    const [, check = ""] = /HEALTHCHECK .* CMD (\[.*\])/.exec(instructions.join("\n")) ?? [];
    const [command = "", ...flags] = JSON.parse(check) as string[];
    const { port } = new URL(daemon.url);
    const ask = async () => {
      const child = spawn(
        command,
        flags.map((flag) => flag.replace("8765", port)),
        { stdio: "ignore" },
      );
      const [code] = (await once(child, "exit")) as [number];
      return code;
    };
    expect(await ask()).to.equal(0);
    await daemon.stop();
    expect(await ask()).to.equal(1);
  });
});
