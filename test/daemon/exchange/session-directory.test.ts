import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { makeReadyFile } from "../../../harness/ready-file.js";
import { SessionDirectory } from "../../../src/daemon/exchange/index.js";
import { Store } from "../../../src/database/index.js";
import { setupWrite } from "../../support/database/writes.js";

const sessionOf = (names: number) => ({
  id: randomUUID(),
  experimentId: "e1",
  trialForm: { stimuliPerTrial: 1, outcomeNames: Array.from({ length: names }, (_, n) => `outcome${n}`) },
});

describe("SessionDirectory", () => {
  let database: Store;

  beforeEach(async () => {
    database = await Store.open(await makeReadyFile());
  });

  afterEach(() => database.close());

  it("drops the oldest sessions when all together take too many bytes", () => {
    const directory = new SessionDirectory(database, 100_000);
    const sessions = [sessionOf(1000), sessionOf(10), sessionOf(1000), sessionOf(10)];
    for (const session of sessions) directory.remember(session);
    const remembered = sessions.map(({ id }) => directory.recall(id) !== undefined);
    expect(remembered).to.deep.equal([false, true, true, true]);
  });

  it("counts a session that is remembered again once", () => {
    const directory = new SessionDirectory(database, 100_000);
    const [small, large] = [sessionOf(10), sessionOf(1000)];
    directory.remember(small);
    for (let count = 0; count < 5; count += 1) directory.remember(large);
    expect(directory.recall(small.id)).to.deep.equal(small);
  });

  it("keeps the newest session whatever its size", () => {
    const directory = new SessionDirectory(database, 100);
    const session = sessionOf(1000);
    directory.remember(sessionOf(1));
    expect(directory.remember(session)).to.deep.equal(session);
    expect(directory.recall(session.id)).to.deep.equal(session);
  });

  it("finds a dropped session in the database", async () => {
    const directory = new SessionDirectory(database, 100);
    const id = randomUUID();
    await database.submit(setupWrite(id, "[common]\noutcome_names = [a, b]\n"));
    directory.remember(sessionOf(1));
    expect(directory.recall(id)).to.equal(undefined);
    expect(await directory.find(id)).to.have.deep.property("trialForm", {
      stimuliPerTrial: 1,
      outcomeNames: ["a", "b"],
    });
  });
});
