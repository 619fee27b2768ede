import { expect } from "chai";
import { killChildren } from "../../harness/child-processes.js";
import { attacks } from "../../faults/attacks/index.js";
import { faults } from "../../faults/faults.js";
import { Random } from "../../faults/random.js";
import { unmountSmallDisks } from "../../harness/small-disk.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

/** How many rounds of each fault the suite runs; `npm run faults` runs many more. */
const rounds: Readonly<Record<string, number>> = {
  "connections-cut": 20,
  "hostile-frames": 3,
  "log-bits-flipped": 20,
  "running-log-bits-flipped": 20,
  "outbox-flipped": 100,
  "files-moved": 14,
  "outbox-moved": 9,
};

/** How long the others wait beside silent readers and attacks is a number; test/faults/migrate-killed.test.ts kills an upgrade at every statement. */
const elsewhere = new Set([
  "silent-readers",
  ...attacks.map(({ name }) => name),
  "killed-migrating",
  "bits-flipped",
]);

describe("a daemon and its clients, when things go wrong", () => {
  afterEach(async () => {
    await killChildren();
    unmountSmallDisks();
  });

  for (const { name, title, whyNot, run } of faults.filter((fault) => !elsewhere.has(fault.name))) {
    it(`lose nothing: ${title}`, async function () {
      const reason = whyNot?.();
      if (reason !== undefined) {
        console.log(`      ${reason}`);
        this.skip();
      }
      const seed = String(Date.now());
      const findings = await run({
        rounds: rounds[name] ?? 1,
        random: new Random(seed),
        folder: await temporaryFolder(),
        imports: [],
        note: () => undefined,
      });
      const { lost, doubled, damage } = findings;
      expect({ lost, doubled, damage }, `the seed is ${seed}`).to.deep.equal({
        lost: 0,
        doubled: 0,
        damage: [],
      });
      expect(findings.acknowledged).to.be.above(0);
    });
  }
});
