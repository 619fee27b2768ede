import type { Random } from "./random.js";

/** A message's bytes and the kind of its frame. */
export interface HostileFrame {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

/** Input known to break parsers, in JSON and in MessagePack. */
const stumblingBlocks = [
  ...[
    "NaN",
    "-0",
    "1e999",
    "[[[[[[[[",
    "{",
    "}",
    '"',
    "\\",
    "\\ud800",
    "\\u0000",
    "null",
    '"__proto__":',
    "123456789012345678901",
  ],
  ...['"type":"setup"', '"type":"exit"', '"session":1', '"id":""', '{"$bytes":"', "\u2028", "\ufeff"],
]
  .map((text) => Buffer.from(text))
  .concat(
    [
      "c1",
      "dfffffffff",
      "ddffffffff",
      "c6ffffffff",
      "dbffffffff",
      "c70cff",
      "d6ff",
      "cb7ff8000000000000",
      "ffff",
      "eda080",
    ].map((digits) => Buffer.from(digits, "hex")),
  );

/** Applies one to four mutations to a valid frame; parts are copied from `others`. */
export function mutateFrame(
  random: Random,
  frame: HostileFrame,
  others: readonly HostileFrame[],
): HostileFrame {
  let { bytes } = frame;
  for (let left = random.whole(1, 4); left > 0; left -= 1) bytes = mutate(random, bytes, others);
  return { bytes, isBinary: random.chance(0.02) ? !frame.isBinary : frame.isBinary };
}

function mutate(random: Random, bytes: Buffer, others: readonly HostileFrame[]): Buffer {
  const at = random.whole(0, bytes.length);
  const end = Math.min(bytes.length, at + random.whole(1, 1 + (bytes.length >> random.whole(0, 6))));
  const splice = (part: Uint8Array, rest = at) =>
    Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(rest)]);
  switch (random.whole(0, 6)) {
    case 0: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.whole(0, 7));
      return copy;
    }
    case 1:
      return splice(random.bytes(random.whole(1, 4)), end);
    case 2:
      return splice(random.pick(stumblingBlocks), random.chance(0.5) ? at : end);
    case 3:
      return splice(Buffer.alloc(0), end);
    case 4:
      return splice(bytes.subarray(at, end));
    case 5:
      return bytes.subarray(0, at);
    default: {
      const other = random.pick(others).bytes;
      const from = random.whole(0, other.length);
      return splice(other.subarray(from, from + random.whole(1, 40)), end);
    }
  }
}
