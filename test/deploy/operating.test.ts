import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { readRows } from "../../harness/rows.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { packageJson, readProjectFile, root } from "../support/files/project.js";

const page = readProjectFile("docs/OPERATING.md");

/** The first line of the page that matches. */
function findLine(pattern: RegExp): string {
  const line = page.split("\n").find((one) => pattern.test(one));
  if (line === undefined) throw new Error(`OPERATING.md has no line that matches ${String(pattern)}.`);
  return line;
}

/** What cron sets, and a PATH to node where it is not in /usr/bin, as the page says. */
const cronEnvironment = {
  SHELL: "/bin/sh",
  PATH: ["/usr/bin", "/bin", ...(existsSync("/usr/bin/node") ? [] : [dirname(process.execPath)])].join(":"),
  HOME: "/",
  LOGNAME: "telltale",
};

describe("the commands of OPERATING.md", () => {
  let folder: string;
  let served: DaemonProcess;

  /** Runs a command of the page by `sh -c`, with the page's folders below a temporary one. */
  function run(command: string, env: NodeJS.ProcessEnv = process.env) {
    const here = command
      .replaceAll("sudo -u telltale ", "")
      .replaceAll("sudo ", "")
      .replace(/\/opt\/telltale(?=\/)/g, root.replace(/\/$/, ""))
      .replace(/\/(usr\/local\/bin|var\/lib\/telltale|backups)(?=\/)/g, `${folder}/$1`);
    const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", here], {
      encoding: "utf8",
      env,
      cwd: folder,
    });
    expect(status, `${here}\n${stderr}`).to.equal(0);
    return stdout;
  }

  before(function () {
    if (process.platform === "win32") this.skip();
  });

  beforeEach(async () => {
    folder = await temporaryFolder();
    for (const name of ["usr/local/bin", "var/lib/telltale", "backups"])
      await mkdir(join(folder, name), { recursive: true });
    served = await DaemonProcess.start(join(folder, "var/lib/telltale/telltale.db"));
    run(findLine(/^sudo ln -s /));
  });

  it("make a link that runs telltale", () => {
    expect(run("/usr/local/bin/telltale --version")).to.equal(`${packageJson.version}\n`);
  });

  it("list the sessions by the link", () => {
    const [, command = ""] = /`(sudo -u telltale telltale sessions [^`]*)`/.exec(page) ?? [];
    run(command, { ...process.env, PATH: `${folder}/usr/local/bin:${process.env["PATH"] ?? ""}` });
  });

  it("make a backup every night by cron, while the daemon runs", async () => {
    const [, user, command = ""] = /^(?:\S+ +){5}(\S+) +(.*)$/.exec(findLine(/^15 3 /)) ?? [];
    expect(user).to.equal("telltale");
    // cron takes a % for the end of a line, and \% for a %.
    expect(command).not.to.match(/(?<!\\)%/);
    run(command.replaceAll("\\%", "%"), cronEnvironment);
    const backups = await readdir(join(folder, "backups"));
    expect(backups).to.have.lengthOf(1);
    expect(backups[0]).to.match(/^telltale-\d{4}-\d\d-\d\d\.db$/);
    expect(await readRows(join(folder, "backups", backups[0]!), "select * from master")).to.deep.equal([]);
    expect(await served.end("SIGTERM")).to.equal(0);
  });
});
