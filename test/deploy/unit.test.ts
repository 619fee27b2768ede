import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { findUnknownVariables, packageJson, readProjectFile, root } from "../support/files/project.js";

describe("deploy/telltale.service", () => {
  const unit = readProjectFile("deploy/telltale.service");
  const settings = (name: string) =>
    [...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value = ""]) => value);

  it("is a valid systemd unit", function () {
    const unitPath = join(root, "deploy/telltale.service");
    const { error, stderr } = spawnSync("systemd-analyze", ["verify", unitPath], { encoding: "utf8" });
    // Not every machine has systemd.
    if (error !== undefined) this.skip();
    // Node may be installed elsewhere on this machine.
    expect(stderr.split("\n").filter((line) => line !== "" && !line.includes("/usr/bin/node"))).to.deep.equal(
      [],
    );
  });

  it("starts the command of package.json with settings that exist", () => {
    expect(settings("ExecStart")).to.deep.equal([`/usr/bin/node ${packageJson.bin.telltale} serve`]);
    expect(findUnknownVariables(unit)).to.deep.equal([]);
  });

  it("starts a daemon that stops at the unit's signal", async () => {
    const folder = await temporaryFolder();
    const here = (text: string) => text.replaceAll("/var/lib/telltale", folder);
    const [command = "", ...flags] = (settings("ExecStart")[0] ?? "").split(" ");
    const pairs = settings("Environment").flatMap((line) => here(line).split(" "));
    expect(settings("WorkingDirectory")).to.deep.equal(["/opt/telltale"]);
    const served = await DaemonProcess.startBy(existsSync(command) ? command : process.execPath, flags, {
      cwd: root,
      env: {
        // systemd's own, then the unit's, then what /etc/telltale.conf may set.
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
        ...Object.fromEntries(pairs.map((pair) => pair.split("=", 2) as [string, string])),
        TELLTALE_PORT: "0",
        TMPDIR: process.env["TMPDIR"],
      },
    });
    expect(existsSync(join(folder, "telltale.db"))).to.equal(true);
    expect(await served.end(settings("KillSignal")[0] as NodeJS.Signals)).to.equal(0);
  });
});
