import { createHash, timingSafeEqual } from "node:crypto";

/** What a token allows: `write` to send messages, `read` to read stored data. Neither includes the other. */
export type Scope = "read" | "write";

/** A line of a token file. */
export interface Token {
  readonly secret: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** The valid tokens, kept as hashes. */
export class Tokens {
  readonly #entries: readonly { readonly hash: Buffer; readonly scopes: ReadonlySet<Scope> }[];

  constructor(tokens: readonly Token[]) {
    this.#entries = tokens.map(({ secret, scopes }) => ({ hash: hashOf(secret), scopes }));
  }

  /** Returns the scopes of a token, undefined if it is unknown, in a time that reveals nothing about the tokens. */
  scopesOf(secret: string): ReadonlySet<Scope> | undefined {
    const hash = hashOf(secret);
    let found: ReadonlySet<Scope> | undefined;
    // Compare all, even after a match.
    for (const entry of this.#entries) if (timingSafeEqual(entry.hash, hash)) found = entry.scopes;
    return found;
  }
}

// timingSafeEqual needs equal lengths, and hashes reveal nothing about how much of a guess was right.
function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
