import { createHash, timingSafeEqual } from "node:crypto";

/** What a token lets its holder do: `write` send messages, `read` read what is kept. Neither holds the other. */
export type Scope = "read" | "write";

/** A line of a token file. */
export interface Token {
  readonly secret: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** The tokens that open the door. The secrets themselves are not kept. */
export class Tokens {
  readonly #entries: readonly { readonly hash: Buffer; readonly scopes: ReadonlySet<Scope> }[];

  constructor(tokens: readonly Token[]) {
    this.#entries = tokens.map(({ secret, scopes }) => ({ hash: hashOf(secret), scopes }));
  }

  /** The scopes of a token; undefined where there is no such token. How long that takes says nothing of the tokens. */
  scopesOf(secret: string): ReadonlySet<Scope> | undefined {
    const hash = hashOf(secret);
    let found: ReadonlySet<Scope> | undefined;
    // All of them are compared, whichever it is.
    for (const entry of this.#entries) if (timingSafeEqual(entry.hash, hash)) found = entry.scopes;
    return found;
  }
}

// Hashes have one length, which timingSafeEqual needs, and say nothing about how much of a guess was right.
function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
