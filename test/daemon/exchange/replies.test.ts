import { expect } from "chai";
import { Replies, type ReplySlot } from "../../../src/daemon/exchange/replies.js";
import type { Reply } from "../../../src/protocol/index.js";

const replyTo = (id: string) => ({ type: "ask", ok: true, id }) as Reply;

describe("Replies", () => {
  let log: string[];
  let replies: Replies;

  beforeEach(() => {
    log = [];
    replies = new Replies({
      send: ({ id }) => log.push(id ?? ""),
      close: (code) => log.push(`closed with ${code}`),
    });
  });

  const reserve = (): ReplySlot => {
    const slot: ReplySlot = { coding: "json", reply: undefined, isLast: false };
    replies.reserve(slot);
    return slot;
  };

  it("sends in the order of the requests what is ready in another order", () => {
    const [a, b, c] = [reserve(), reserve(), reserve()];
    replies.answer(c, replyTo("c"));
    replies.answer(b, replyTo("b"));
    expect(log).to.deep.equal([]);
    replies.answer(a, replyTo("a"));
    expect(log).to.deep.equal(["a", "b", "c"]);
  });

  it("closes after the last reply in its turn, and sends nothing more", () => {
    const [a, b, c] = [reserve(), reserve(), reserve()];
    replies.answer(c, replyTo("c"));
    replies.answerLast(b, replyTo("b"));
    expect(log).to.deep.equal([]);
    replies.answer(a, replyTo("a"));
    replies.answer(c, replyTo("c"));
    expect(log).to.deep.equal(["a", "b", "closed with 1013"]);
  });

  it("knows when every request is answered", async () => {
    await replies.whenAllSent();
    const a = reserve();
    const sent = replies.whenAllSent().then(() => log.push("all"));
    replies.answer(a, replyTo("a"));
    await sent;
    expect(log).to.deep.equal(["a", "all"]);
  });
});
