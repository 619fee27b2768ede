import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { FileBudget } from "../../../migrations/pickle/budget.js";
import { PickleError, readPickle } from "../../../migrations/pickle/read-pickle.js";
import {
  type Value,
  codingOf,
  decodeFrame,
  encodeValue,
  equalValues,
  formatJson,
  parseTaggedJson,
} from "../../../src/protocol/index.js";
import { fixture } from "../../support/files/vectors.js";

/** Pickles that Python made, and what Python reads from them; made by test/support/files/make-pickles.py. */
const cases = (
  JSON.parse(readFileSync(fixture("pickles.json"), "utf8")) as { name: string; pickle: string }[]
).map(({ name, pickle }, index) => ({ name, pickle: Buffer.from(pickle, "base64"), index }));
const expected = readFileSync(fixture("pickles.json"), "utf8")
  .split("\n")
  .slice(1, -2)
  .map((line) => /"value": (.*)\},?$/.exec(line)?.[1]);

/** A pickle of protocol 2 from its opcodes: texts as they are, numbers as bytes. */
function pickle(...parts: (string | number)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.of(part))),
  );
}

function expectRefused(bytes: Uint8Array, reason?: string | RegExp): void {
  expect(() => readPickle(bytes)).to.throw(PickleError, reason);
}

describe("readPickle", () => {
  for (const { name, pickle: bytes, index } of cases) {
    const tagged = expected[index];
    if (tagged === undefined) {
      it(`refuses ${name}`, () => {
        expectRefused(bytes);
      });
    } else {
      it(`reads ${name}`, () => {
        const value = readPickle(bytes);
        // Compared as text, so that the order of keys counts as well, and −0 and 0 differ.
        expect(formatJson(value)).to.equal(formatJson(parseTaggedJson(tagged)));
      });
    }
  }

  it("says what it is that cannot be read", () => {
    const reasons = new Map(
      cases
        .filter(({ name, index }) => expected[index] === undefined && name.endsWith("protocol 4"))
        .map(({ name, pickle: bytes }) => {
          try {
            readPickle(bytes);
            return [name, ""];
          } catch (error) {
            return [name, (error as Error).message];
          }
        }),
    );
    expect(reasons.get("a set, protocol 4")).to.equal("it holds a set");
    expect(reasons.get("a Decimal, protocol 4")).to.equal("it holds a decimal.Decimal object");
    expect(reasons.get("a class, protocol 4")).to.equal("it holds the name builtins.dict itself");
    expect(reasons.get("two keys of one text, protocol 4")).to.equal(
      "it holds two keys that become the same text",
    );
    expect(reasons.get("datetime64, protocol 4")).to.equal("it holds numpy data of an unknown type (M8)");
  });

  it("runs nothing that a pickle names", () => {
    for (const name of [
      "posix\nsystem",
      "nt\nsystem",
      "builtins\neval",
      "subprocess\nPopen",
      "__proto__\nconstructor",
    ]) {
      expectRefused(pickle("c", name, "\n(S'touch fooled'\ntR."));
      expectRefused(pickle("c", name, "\n(Vtouch fooled\ntR."), /^it holds a \S+ object$/);
    }
  });

  it("does not mind what it does not know where it does not reach the value", () => {
    expect(readPickle(pickle("(dq", 0, "cposix\nsystem\n(Vls\ntRq", 1, "0."))).to.deep.equal(new Map());
  });

  it("takes the last of equal keys", () => {
    expect(readPickle(pickle("(dVa\nI1\nsVa\nI2\ns."))).to.deep.equal(new Map([["a", 2]]));
    expect(readPickle(pickle("(dI1\nI1\nsI1\nI2\ns."))).to.deep.equal(new Map([["1", 2]]));
  });

  const hostile: [string, Buffer, RegExp][] = [
    ["nothing", Buffer.alloc(0), /ends too early/],
    ["no STOP", pickle("N"), /ends too early/],
    ["STOP with nothing made", pickle("."), /not made/],
    ["STOP with two objects", pickle("NN."), /finished/],
    ["STOP inside of a MARK", pickle("(N."), /finished/],
    ["bytes after STOP", pickle("N.N"), /after its end/],
    ["a text longer than the pickle", pickle("X", 0xff, 0xff, 0xff, 0xff, "a."), /ends too early/],
    ["bytes of 2^64 − 1", pickle(0x8e, ...Array<number>(8).fill(0xff), "a."), /ends too early/],
    ["a protocol of the future", pickle(0x80, 6, "N."), /protocol 6/],
    ["an unknown opcode", pickle(0xff, "."), /unknown opcode 255/],
    ["a part that was never kept", pickle("h", 7, "."), /does not have/],
    ["a GET of no number", pickle("gx\n."), /does not have/],
    ["TUPLE without MARK", pickle("Nt."), /not opened/],
    ["TUPLE2 that reaches under its MARK", pickle("N(N", 0x86, "."), /not made/],
    ["APPEND that reaches under its MARK", pickle("](Na."), /not made/],
    ["APPEND to a number", pickle("I1\nNa."), /not a list/],
    ["SETITEMS with a key alone", pickle("}(Nu."), /without a value/],
    ["SETITEM in a list", pickle("]NNs."), /not a dict/],
    ["BUILD of a list", pickle("]Nb."), /state/],
    ["REDUCE without a tuple", pickle("cos\nsystem\nNR."), /without arguments/],
    ["STACK_GLOBAL of numbers", pickle("I1\nI2\n", 0x93, "."), /not a name/],
    ["INT of garbage", pickle("I12x\n."), /cannot be read/],
    ["INT of nothing", pickle("I\n."), /cannot be read/],
    ["LONG of garbage", pickle("Lx1L\n."), /cannot be read/],
    ["FLOAT of garbage", pickle("F0x1p3\n."), /cannot be read/],
    ["LONG of 20,000 digits", pickle("L", "9".repeat(20_000), "L\n."), /digits/],
    ["LONG of 10,001 digits", pickle("L1", "0".repeat(10_000), "L\n."), /digits/],
    ["LONG4 of 2^31 − 1 bytes", pickle(0x8b, 0xff, 0xff, 0xff, 0x7f, "."), /digits/],
    ["LONG4 of a negative length", pickle(0x8b, 0xff, 0xff, 0xff, 0xff, "."), /negative/],
    ["a persistent id", pickle("Px\n."), /outside/],
    ["a buffer outside", pickle(0x97, "."), /outside/],
    ["an extension", pickle(0x82, 1, "."), /extension registry/],
    ["text that is no UTF-8", pickle("X", 2, 0, 0, 0, 0xc3, 0x28, "."), /UTF-8/],
    ["an escape beyond Unicode", pickle("V\\U00110000\n."), /escape/],
    [
      "an impossible day",
      pickle("cdatetime\ndatetime\n(C", 10, 7, 230, 2, 30, 0, 0, 0, 0, 0, 0, "tR."),
      /impossible/,
    ],
    ["100,000 lists in each other", pickle("]".repeat(100_000), "a".repeat(99_999), "."), /deeper/],
  ];
  for (const [what, bytes, reason] of hostile) {
    it(`refuses ${what}`, () => {
      expectRefused(bytes, reason);
    });
  }

  it("refuses lists that multiply", () => {
    const parts: (string | number)[] = ["(lq", 0];
    for (let level = 1; level < 60; level += 1) parts.push("0(h", level - 1, "h", level - 1, "lq", level);
    expectRefused(pickle(...parts, "."), /too large/);
  });

  it("refuses texts that multiply", () => {
    const text = "x".repeat(100_000);
    const list = "h\u0000".repeat(1000);
    expectRefused(pickle("(V", text, "\nq", 0, list, "l."), /too large/);
  });

  it("refuses empty lists that multiply", () => {
    expectRefused(pickle("(]q", 0, "h\u0000".repeat(999_999), "l."), /too large|more than/);
  });

  it("refuses more opcodes than a message of AEPsych can have", () => {
    expectRefused(pickle("N0".repeat(1_000_000), "N."), /more than 2000000 opcodes/);
  });

  it("refuses a config whose state is read many times", () => {
    const config = pickle("caepsych.config\nConfig\n)\x81q", 0, "}(Vk\n", "N".repeat(99_999), "ub0(");
    expectRefused(
      Buffer.concat([config, pickle("h\u0000".repeat(100_000), "l.")]),
      /without sections|too large/,
    );
  });

  it("lets the pickles of a file become larger than their share only up to a bound for all of them", () => {
    const budget = new FileBudget();
    const large = pickle("(V", "x".repeat(10_000), "\nq", 0, "h\u0000".repeat(1000), "l.");
    const read = (bytes: Uint8Array) => readPickle(bytes, budget.allow(bytes.length));
    for (let count = 0; count < 6; count += 1) expect(read(large)).to.have.length(1001);
    expect(() => read(large)).to.throw(PickleError, "too large");
    expect(read(pickle("(V", "x".repeat(1000), "\nq", 0, "h\u0000".repeat(3), "l."))).to.have.length(4);
  });

  it("refuses bytes calls in each other", () => {
    let bytes = pickle("cbuiltins\nbytes\n", ")R");
    for (let level = 0; level < 1000; level += 1)
      bytes = Buffer.concat([pickle("cbuiltins\nbytes\n"), bytes, pickle(0x85, "R")]);
    expectRefused(Buffer.concat([bytes, pickle(".")]), /unknown form/);
  });

  it("throws nothing but PickleError, and gives only what a frame can say, for damaged pickles", function () {
    const real = cases.filter(({ pickle: bytes }) => bytes.length < 2000);
    const damage = fc.array(fc.tuple(fc.nat(2000), fc.nat(2), fc.uint8Array({ maxLength: 3 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.constantFrom(...real), damage, ({ pickle: bytes }, patches) => {
        let damaged = bytes;
        for (const [where, length, patch] of patches) {
          const start = where % (damaged.length + 1);
          damaged = Buffer.concat([damaged.subarray(0, start), patch, damaged.subarray(start + length)]);
        }
        let value: Value;
        try {
          value = readPickle(damaged);
        } catch (error) {
          if (error instanceof PickleError) return;
          throw error;
        }
        expect(equalValues(parseTaggedJson(formatJson(value)), value)).to.equal(true);
      }),
      { numRuns: 20_000, interruptAfterTimeLimit: 30_000 },
    );
  });

  it("throws nothing but PickleError for opcodes in any order", function () {
    const opcodes = "(.012NIJKLMFGVXaebcdghijlopqrstu})]R\n01";
    const soup = fc.array(
      fc.oneof(
        fc.constantFrom(...opcodes.split(/(?=.)/s)),
        fc.integer({ min: 0x80, max: 0x98 }),
        fc.nat(255),
        fc.constantFrom(
          "cdatetime\ndatetime\n",
          "cnumpy\ndtype\n",
          "c_io\nBytesIO\n",
          "K\u0001",
          "C\u0001a",
          "I1\n",
          "Vf8\n",
        ),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(soup, (parts) => {
        try {
          readPickle(pickle(...parts, "."));
        } catch (error) {
          if (!(error instanceof PickleError)) throw error;
        }
      }),
      { numRuns: 20_000, interruptAfterTimeLimit: 30_000 },
    );
  });

  it("gives values that a frame says exactly", () => {
    for (const { pickle: bytes, index, name } of cases) {
      // Integers of more than 64 bits and lone surrogates go into frames only where no bytes do.
      if (expected[index] === undefined || name.startsWith("integers")) continue;
      const value = readPickle(bytes);
      const frame = encodeValue(value);
      expect(equalValues(decodeFrame(frame, codingOf(frame)), value), name).to.equal(true);
    }
  });
});
