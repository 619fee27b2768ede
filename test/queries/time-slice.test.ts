import { setImmediate } from "node:timers";
import { expect } from "chai";
import { makeReadyFile } from "../../harness/ready-file.js";
import { ReadOnlyStore } from "../../src/database/index.js";
import { complete, formatJsonInSteps } from "../../src/protocol/index.js";
import { TimeSlice, writeChunks } from "../../src/queries/index.js";

describe("Time slices", () => {
  let store: ReadOnlyStore;
  let rounds: number;
  let counting: NodeJS.Immediate;
  const large = Array.from({ length: 300_000 }, (_, index) => new Map([["x", index]]));

  beforeEach(async () => {
    store = await ReadOnlyStore.open(await makeReadyFile());
    rounds = 0;
    const count = () => {
      rounds += 1;
      counting = setImmediate(count);
    };
    counting = setImmediate(count);
  });

  afterEach(async () => {
    clearImmediate(counting);
    await store.close();
  });

  it("let the event loop go round while one value is written", async () => {
    const text = await new TimeSlice(store).run(formatJsonInSteps(large));
    expect(text).to.equal(complete(formatJsonInSteps(large)));
    expect(rounds).to.be.at.least(10);
  });

  it("write a long line in several chunks, and join short ones", async () => {
    async function* rows() {
      yield await Promise.resolve(["long ".repeat(4000), "line"]);
      yield ["short"];
      yield ["line"];
    }
    const chunks: string[] = [];
    for await (const chunk of writeChunks(store, rows(), (parts) => parts)) chunks.push(chunk);
    expect(chunks).to.deep.equal(["long ".repeat(4000), "line\nshort\nline\n"]);
  });

  it("end within a long line when the read is aborted", async () => {
    const controller = new AbortController();
    function* parts() {
      for (;;) yield "x".repeat(20_000);
    }
    async function* rows() {
      yield await Promise.resolve(0);
    }
    const chunks = writeChunks(store, rows(), parts, { signal: controller.signal });
    await chunks.next();
    controller.abort(new Error("left"));
    const failure = await chunks.next().catch((error: unknown) => error);
    expect(failure).to.have.property("message", "left");
  });
});
