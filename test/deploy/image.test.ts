import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { serveSettings } from "../../src/cli/config/serve-settings.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { findUnknownVariables, packageJson, readProjectFile, root } from "../support/files/project.js";

describe("deploy/Dockerfile", () => {
  const file = readProjectFile("deploy/Dockerfile");
  const instructions = file.replaceAll("\\\n", " ").split("\n");
  const argumentsOf = (name: string) =>
    instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

  it("copies files that exist and are not ignored", () => {
    const allowed = readProjectFile("deploy/Dockerfile.dockerignore").match(/(?<=^!).*$/gm);
    const copied = argumentsOf("COPY")
      .filter((line) => !line.startsWith("--from"))
      .flatMap((line) => line.split(" ").slice(0, -1));
    expect(copied).to.include("src");
    for (const path of copied) {
      expect(existsSync(join(root, path)), path).to.equal(true);
      expect(allowed, path).to.include(path);
    }
  });

  it("runs the command of package.json as an unprivileged user, with settings that exist", () => {
    expect(file).to.include(`ln -s /opt/telltale/${packageJson.bin.telltale} /usr/local/bin/telltale`);
    expect(argumentsOf("USER")).to.deep.equal(["node"]);
    expect(argumentsOf("STOPSIGNAL")).to.deep.equal(["SIGTERM"]);
    expect(argumentsOf("EXPOSE")).to.deep.equal([serveSettings.port.default]);
    expect(argumentsOf("CMD")).to.deep.equal(['["telltale", "serve"]']);
    expect(findUnknownVariables(file)).to.deep.equal([]);
  });

  it("checks the health of the daemon", async () => {
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
