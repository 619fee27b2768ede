import { createHash } from "node:crypto";

/** Longer labels are cut: a file name with several labels must stay below 255 bytes. */
const maximumLength = 40;

/**
 * BIDS labels for names. A label is the name's ASCII letters and digits. If it is empty, too long, or taken by an earlier name
 * (ignoring case), eight or more digits of the name's SHA-256 are appended to its beginning. The same names in the same order
 * always get the same labels.
 */
export class Labels {
  readonly #labels = new Map<string, string>();
  /** In lower case: some file systems ignore case. */
  readonly #taken = new Set<string>();

  /** @param names names to label first, in this order. */
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
    // UTF-16: in UTF-8, different lone surrogates would have the same bytes.
    const digest = createHash("sha256").update(Buffer.from(name, "utf16le")).digest("hex");
    const kept = plain.slice(0, maximumLength - 8);
    for (let digits = 8; ; digits += 1) {
      const label = kept + digest.slice(0, digits) + "0".repeat(Math.max(0, digits - digest.length));
      if (isFree(label)) return label;
    }
  }
}
