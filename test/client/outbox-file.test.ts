import { expect } from "chai";
import fc from "fast-check";
import type { OutboxChanges, OutboxMessage, RejectedMessage } from "../../src/client/index.js";
import { formatChanges, header, readOutboxFile } from "../../src/client-node/outbox-file.js";

const id = fc.stringMatching(/^[a-f]$/);
const message: fc.Arbitrary<OutboxMessage> = fc.record({
  id,
  session: fc.string(),
  type: fc.string(),
  frame: fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array()),
});
const rejected: fc.Arbitrary<RejectedMessage> = fc
  .tuple(message, fc.string(), fc.boolean(), fc.nat())
  .map(([one, reason, stored, rejectedAt]) => ({ ...one, code: "invalid", reason, stored, rejectedAt }));
const changes: fc.Arbitrary<OutboxChanges> = fc.record({
  added: fc.uniqueArray(message, { maxLength: 3, selector: (one) => one.id }),
  removed: fc.uniqueArray(id, { maxLength: 3 }),
  rejected: fc.uniqueArray(rejected, { maxLength: 2, selector: (one) => one.id }),
  dismissed: fc.uniqueArray(id, { maxLength: 2 }),
});

/** What is to be in an outbox after these steps, as `Outbox` promises it. */
function applyAll(steps: readonly OutboxChanges[]): { waiting: unknown[]; rejected: unknown[] } {
  const waiting = new Map<string, OutboxMessage>();
  const refused = new Map<string, RejectedMessage>();
  for (const step of steps) {
    for (const one of step.removed) waiting.delete(one);
    for (const one of step.dismissed) refused.delete(one);
    for (const one of step.added) {
      waiting.delete(one.id);
      waiting.set(one.id, one);
    }
    for (const one of step.rejected) {
      waiting.delete(one.id);
      refused.set(one.id, one);
    }
  }
  return { waiting: [...waiting.values()], rejected: [...refused.values()] };
}

function contentsOf(file: Buffer): { waiting: unknown[]; rejected: unknown[] } {
  const contents = readOutboxFile(file);
  const messages = (kept: Iterable<{ message: unknown }> = []) => [...kept].map(({ message: one }) => one);
  return { waiting: messages(contents?.waiting.values()), rejected: messages(contents?.rejected.values()) };
}

describe("an outbox file", () => {
  it("restores every step written to it", () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 6 }), (steps) => {
        const file = Buffer.concat([header, ...steps.map(formatChanges)]);
        expect(readOutboxFile(file)).to.include({ isTorn: false, damagedLines: 0 });
        expect(contentsOf(file)).to.deep.equal(applyAll(steps));
      }),
    );
  });

  it("has every complete step, wherever it breaks off, and nothing that was never written", () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), fc.nat(), (messages, cut) => {
        const steps = messages.map((one, place) => ({
          added: [{ ...one, id: String(place) }],
          removed: [],
          rejected: [],
          dismissed: [],
        }));
        const lines = steps.map(formatChanges);
        const whole = Buffer.concat([header, ...lines]);
        const at = cut % whole.length;
        let end = header.length;
        const complete = lines.filter((line) => (end += line.length) <= at);
        const file = whole.subarray(0, at);
        expect(contentsOf(file)).to.deep.equal(applyAll(steps.slice(0, complete.length)));
        const isBetweenLines = at === Buffer.concat([header, ...complete]).length;
        expect(readOutboxFile(file)).to.include({ isTorn: !isBetweenLines, damagedLines: 0 });
      }),
    );
  });

  it("loses no message that moves to the end, wherever the write breaks off", () => {
    const messages = ["a", "b", "c"].map((one) => ({ id: one, session: "s", type: "tell", frame: one }));
    const [first, ...moved] = messages.map(({ id: one }) => one);
    const before = formatChanges({ added: messages, removed: [], rejected: [], dismissed: [] });
    const again = messages.filter((one) => moved.includes(one.id)).reverse();
    const move = formatChanges({ added: again, removed: moved, rejected: [], dismissed: [] });
    for (let length = 0; length <= move.length; length += 1) {
      const { waiting } = contentsOf(Buffer.concat([header, before, move.subarray(0, length)]));
      expect(waiting).to.have.deep.members(messages);
    }
    const { waiting } = contentsOf(Buffer.concat([header, before, move]));
    expect(waiting.map((one) => (one as OutboxMessage).id)).to.deep.equal([first, "c", "b"]);
  });

  it("loses only the line in which a byte was changed", () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (messages, where, change) => {
          const own = messages.map((one, place) => ({ ...one, id: String(place) }));
          const lines = own.map((one) =>
            formatChanges({ added: [one], removed: [], rejected: [], dismissed: [] }),
          );
          const file = Buffer.concat([header, ...lines]);
          const at = header.length + (where % (file.length - header.length - 1));
          file.writeUInt8(file.readUInt8(at) ^ change, at);
          let end = header.length;
          const hit = lines.findIndex((line) => (end += line.length) > at);
          const { waiting } = contentsOf(file);
          const isNewline = end - 1 === at;
          expect(waiting).to.deep.equal(own.filter((_, place) => isNewline || place !== hit));
          expect(readOutboxFile(file)).to.include({ isTorn: false });
          // A byte that became a newline makes two lines of one.
          expect(readOutboxFile(file)?.damagedLines).to.equal(file[at] === 0x0a ? 2 : 1);
        },
      ),
    );
  });

  it("is known to be damaged whichever bit of it flips, and says which messages are missing", () => {
    // No single flip makes one of these ids another one.
    const own = ["a", "d", "g"].map((one) => ({ id: one, session: "s", type: "tell", frame: `"${one}"` }));
    const none = { removed: [], rejected: [], dismissed: [] };
    const file = Buffer.concat([
      header,
      ...own.map((one) => formatChanges({ ...none, added: [one] })),
      formatChanges({ ...none, added: [], removed: ["a"] }),
    ]);
    for (let bit = 0; bit < 8 * file.length; bit += 1) {
      const flipped = Buffer.from(file);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const contents = readOutboxFile(flipped);
      // A newline in the middle of a line makes two damaged lines.
      expect(contents?.damagedLines, `bit ${bit}`).to.be.within(1, 2);
      expect(contents?.isTorn).to.equal(false);
      const lost = ["d", "g"].filter((one) => !contents?.waiting.has(one));
      expect(contents?.missing.length).to.be.within(lost.length, lost.length + 1);
    }
  });

  it("is not read when its first line differs", () => {
    expect(readOutboxFile(Buffer.from("my thesis"))).to.equal(undefined);
    expect(readOutboxFile(Buffer.from("telltale"))).to.include({ isTorn: true });
    expect(readOutboxFile(Buffer.alloc(0))).to.include({ isTorn: true });
  });
});
