import fc from "fast-check";
import { Timestamp, type Value } from "../../../src/protocol/index.js";

/** Any value that a parameter or an outcome can have. */
export const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double(),
  fc.integer(),
  fc.bigInt().filter((value) => !Number.isSafeInteger(Number(value))),
  fc.string({ unit: "binary" }),
);

const key = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "10", "$bytes", "$literal", "config", "outcome", "model_data"),
);

/** Any value that a message can hold, its strings well-formed. */
export const anyValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    scalar,
    fc.uint8Array(),
    fc
      .tuple(fc.maxSafeInteger(), fc.nat(999_999_999))
      .map(([seconds, n]) => new Timestamp(seconds % 8e12, n)),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
  ),
})).value;

/** A name that no derivation rule treats differently from another. */
export const outcomeName = fc.string({ minLength: 1 });
