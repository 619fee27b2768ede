import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { ReadOnlyStore, Store } from "../../../src/database/index.js";
import { ReadThrottle } from "../../../src/database/store/read-throttle.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";

const alone = new ReadThrottle().sliceMs;

describe("ReadThrottle", () => {
  it("sleeps between longer slices while messages arrive, and returns to short slices afterwards", async () => {
    let messages = 0;
    let each = 1000;
    const throttle = new ReadThrottle(() => (messages += each));
    while (throttle.sliceMs === alone) await throttle.next();
    expect(throttle.sliceMs).to.equal(2);
    each = 0;
    while (throttle.sliceMs !== alone) await throttle.next();
  });

  it("limits the sleep, however many messages arrive", async () => {
    let messages = 0;
    const throttle = new ReadThrottle(() => (messages += 1e12));
    while (throttle.sliceMs === alone) await throttle.next();
    expect(throttle.sliceMs).to.equal(2);
  });

  it("lets one reader continue at a time, in the order of their calls", async () => {
    const throttle = new ReadThrottle();
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (reader) => {
      await throttle.next();
      order.push(reader);
      await throttle.next();
      order.push(reader);
    });
    await Promise.all(waiting);
    expect(order).to.deep.equal([1, 2, 3, 1, 2, 3]);
  });
});

describeOnEngines("A store that yields to another", (engine) => {
  it("sleeps while the other is written to, and no longer", async () => {
    const location = await engine.makeLocation();
    const database = await Store.open(location);
    const archive = await ReadOnlyStore.open(location, { yieldTo: database });
    const session = randomUUID();
    await database.submit(setupWrite(session));
    while (archive.throttle.sliceMs === alone) {
      await Promise.all(Array.from({ length: 50 }, () => database.submit(tellWrite(session, 1))));
      await archive.throttle.next();
    }
    while (archive.throttle.sliceMs !== alone) await archive.throttle.next();
    await archive.close();
    await database.close();
  });
});
