import { expect } from "chai";
import { killChildren } from "../../harness/child-processes.js";
import { acknowledgedAfterSync } from "../../faults/kinds/acknowledged-after-sync.js";
import { daemonKilled } from "../../faults/kinds/daemon-killed.js";
import { filesMoved } from "../../faults/kinds/files-moved.js";
import type { Fault } from "../../faults/fault.js";
import type { Findings } from "../../faults/findings.js";
import { Random } from "../../faults/random.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

async function runMutant(fault: Fault, mutant: string, rounds: number): Promise<Findings> {
  return fault.run({
    rounds,
    random: new Random(mutant),
    folder: await temporaryFolder(),
    imports: [new URL(`../../faults/mutants/${mutant}.js`, import.meta.url).href],
    note: () => undefined,
  });
}

describe("the harness of faults", () => {
  afterEach(killChildren);

  it("reports a daemon that acknowledges before the commit", async () => {
    let lost = 0;
    // A kill reveals it only in the 20 ms between an acknowledgement and its commit.
    for (let attempt = 0; lost === 0 && attempt < 5; attempt += 1)
      ({ lost } = await runMutant(daemonKilled, "acknowledge-before-commit", 4));
    expect(lost).to.be.above(0);
  });

  it("reports a daemon that allows an id twice in a session", async () => {
    let doubled = 0;
    // Only a message that is sent again after a kill can be doubled.
    for (let attempt = 0; doubled === 0 && attempt < 5; attempt += 1)
      ({ doubled } = await runMutant(daemonKilled, "no-unique-index", 2));
    expect(doubled).to.be.above(0);
  });

  it("reports a daemon whose digests are not chained", async () => {
    const { damage } = await runMutant(daemonKilled, "digest-not-chained", 1);
    expect(damage.join(" ")).to.match(/does not match its digest/);
  });

  it("reports a daemon that does not look at its path", async () => {
    const { lost } = await runMutant(filesMoved, "path-not-watched", 1);
    expect(lost).to.be.above(0);
  });

  it("reports a daemon that does not sync, which a kill does not reveal", async function () {
    const reason = acknowledgedAfterSync.whyNot?.();
    if (reason !== undefined) {
      console.log(`      ${reason}`);
      this.skip();
    }
    const { damage } = await runMutant(acknowledgedAfterSync, "never-sync", 1);
    expect(damage.join(" ")).to.match(/acknowledged before they were synced/);
  });
});
