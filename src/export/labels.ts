import { createHash } from "node:crypto";

/** A longer label is cut: file names of several of them must stay below 255 bytes. */
const maximumLength = 40;

/**
 * BIDS labels for names: the letters and digits (ASCII) of each. A name whose label is taken by one before it, whatever its case, or
 * that has none, or too many, gets eight or more digits of its SHA-256 behind what is kept of it. The same names in the same
 * order always give the same labels.
 */
export class Labels {
  readonly #labels = new Map<string, string>();
  /** In lower case: some file systems do not tell the cases apart. */
  readonly #taken = new Set<string>();

  /** @param names get their labels first, in this order. */
  constructor(names: Iterable<string> = []) {
    for (const name of names) this.get(name);
  }

  get(name: string): string {
    const known = this.#labels.get(name);
    if (known !== undefined) return known;
    const label = this.#choose(name);
    this.#labels.set(name, label);
    this.#taken.add(label.toLowerCase());
    return label;
  }

  #choose(name: string): string {
    const plain = name.normalize("NFKD").replace(/[^0-9A-Za-z]/g, "");
    const isFree = (label: string) => !this.#taken.has(label.toLowerCase());
    if (plain !== "" && plain.length <= maximumLength && isFree(plain)) return plain;
    // Of the characters' codes, so that two texts never have the same bytes.
    const digest = createHash("sha256").update(Buffer.from(name, "utf16le")).digest("hex");
    const kept = plain.slice(0, maximumLength - 8);
    for (let digits = 8; ; digits += 1) {
      const label = kept + digest.slice(0, digits) + "0".repeat(Math.max(0, digits - digest.length));
      if (isFree(label)) return label;
    }
  }
}
