import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { ReadOnlyStore, Store } from "../../src/database/index.js";
import { ReadThrottle } from "../../src/database/read-throttle.js";
import { describeOnEngines } from "../../harness/engines.js";
import { setupWrite, tellWrite } from "../support/database/writes.js";

const alone = new ReadThrottle().turnMs;

describe("ReadThrottle", () => {
  it("gives longer turns, with rests between them, while messages come, and the short ones again afterwards", async () => {
    let messages = 0;
    let each = 1000;
    const pace = new ReadThrottle(() => (messages += each));
    while (pace.turnMs === alone) await pace.next();
    expect(pace.turnMs).to.equal(2);
    each = 0;
    while (pace.turnMs !== alone) await pace.next();
  });

  it("rests no longer, however many messages come", async () => {
    let messages = 0;
    const pace = new ReadThrottle(() => (messages += 1e12));
    while (pace.turnMs === alone) await pace.next();
    expect(pace.turnMs).to.equal(2);
  });

  it("lets one go on at a time, in the order in which they asked", async () => {
    const pace = new ReadThrottle();
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (reader) => {
      await pace.next();
      order.push(reader);
      await pace.next();
      order.push(reader);
    });
    await Promise.all(waiting);
    expect(order).to.deep.equal([1, 2, 3, 1, 2, 3]);
  });
});

describeOnEngines("A database that gives way to another", (engine) => {
  it("rests while that one is written, and no longer", async () => {
    const location = await engine.makeLocation();
    const database = await Store.open(location);
    const archive = await ReadOnlyStore.open(location, { yieldTo: database });
    const session = randomUUID();
    await database.submit(setupWrite(session));
    while (archive.throttle.turnMs === alone) {
      await Promise.all(Array.from({ length: 50 }, () => database.submit(tellWrite(session, 1))));
      await archive.throttle.next();
    }
    while (archive.throttle.turnMs !== alone) await archive.throttle.next();
    await archive.close();
    await database.close();
  });
});
