import { expect } from "chai";
import { type OutboxChanges, type OutboxMessage, openMemoryOutbox } from "../../../src/client/index.js";
import { OutboxWriter } from "../../../src/client/outbox/outbox-writer.js";
import { until } from "../../support/checks/until.js";

const message = (id: string): OutboxMessage => ({ id, session: "s", type: "tell", frame: "{}" });

describe("OutboxWriter", () => {
  it("releases messages when the outbox hangs, and writes them when it continues", async () => {
    const kept: string[] = [];
    const failed: unknown[] = [];
    const written: OutboxChanges[] = [];
    let goOn: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => (goOn = resolve));
    const outbox = {
      ...openMemoryOutbox(),
      async write(changes: OutboxChanges) {
        await hanging;
        written.push(changes);
      },
    };
    const listener = {
      onKept: ({ id }: OutboxMessage) => void kept.push(id),
      onFailed: (error: unknown) => void failed.push(error),
    };
    const writer = new OutboxWriter(outbox, listener, 20);
    writer.add(message("a"));
    await until(() => written.length === 0 && failed.length === 1);
    writer.add(message("b"));
    await until(() => kept.length === 2);
    expect(kept).to.deep.equal(["a", "b"]);
    expect(written).to.deep.equal([]);
    goOn();
    await writer.close();
    expect(written.flatMap(({ added }) => added.map(({ id }) => id))).to.deep.equal(["a", "b"]);
    expect(failed).to.have.length(1);
  });
});
