import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";

/** Prints what the class returns and logs before, while and after no file can be opened. */
const program = `
  import { closeSync, openSync } from "node:fs";
  import { OpenFileLimit } from ${JSON.stringify(new URL("../../../src/daemon/monitoring/open-file-limit.js", import.meta.url).href)};
  const logged = [];
  const limit = new OpenFileLimit({ warn: (members, message) => logged.push([members.code, message]) });
  const before = await limit.look();
  const files = [];
  try {
    for (;;) files.push(openSync("/dev/null"));
  } catch {}
  const without = [await limit.look(), await limit.look()];
  files.forEach(closeSync);
  process.stdout.write(JSON.stringify({ before: before ?? null, without, after: (await limit.look()) ?? null, logged }));
`;

describe("OpenFileLimit", () => {
  it("warns while no file can be opened, and logs it once a minute", async function () {
    if (process.platform === "win32") this.skip();
    const { stdout } = await promisify(execFile)("sh", [
      "-c",
      'ulimit -n 64; exec "$0" --input-type=module --eval "$1"',
      process.execPath,
      program,
    ]);
    const { before, without, after, logged } = JSON.parse(stdout) as Record<string, unknown[]>;
    expect([before, after]).to.deep.equal([null, null]);
    expect(without?.[0]).to.match(/^No more files can be opened/);
    expect(without).to.have.length(2);
    expect(logged).to.deep.equal([["EMFILE", without?.[0]]]);
  });
});
