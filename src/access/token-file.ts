import { randomBytes } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { AccessError, explainUnread } from "./access-error.js";
import type { Scope, Token } from "./tokens.js";

const shortest = 32;
const longest = 256;
/** A random token of the shortest length has fewer different characters once in a million; a repeated word always has. */
const fewestCharacters = 8;

/** Characters allowed both in `Authorization: Bearer` (RFC 6750) and in the name of a WebSocket subprotocol (RFC 6455). */
const secretForm = /^[A-Za-z0-9._~+-]+$/;

const scopes: readonly Scope[] = ["read", "write"];

/** Makes a line of a token file, with a new token of 256 random bits. */
export function makeTokenLine(scope: string): string {
  return `${scope} ${randomBytes(32).toString("base64url")}`;
}

/** Reads scopes such as `write` or `read,write`; undefined if the text is something else. */
export function readScopes(text: string): ReadonlySet<Scope> | undefined {
  const named = text.split(",").map((name) => scopes.find((scope) => scope === name));
  const known = named.filter((scope) => scope !== undefined);
  return known.length === named.length ? new Set(known) : undefined;
}

/**
 * Reads the text of a token file: each line has scopes and a token, `write 3q2-…` or `read,write 3q2-…`. A `#` at the beginning
 * of a line or after a space begins a comment.
 *
 * @param name the name of the file in errors.
 * @throws AccessError `bad_token_file` that names the line, but repeats nothing of it.
 */
export function parseTokens(text: string, name: string): Token[] {
  if (text.includes("\0")) throw bad(`${name} is not text in UTF-8; save it as UTF-8.`);
  const tokens: Token[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    const words = line.replace(/(^|\s)#.*/, "").trim();
    if (words === "") continue;
    const [scopeNames = "", secret = "", ...more] = words.split(/\s+/);
    const where = `Line ${index + 1} of ${name}`;
    const known = readScopes(scopeNames);
    if (known === undefined || secret === "" || more.length > 0) {
      throw bad(`${where} must have the scopes (read, write or read,write), a space and a token.`);
    }
    const fault = findFault(secret);
    if (fault !== undefined)
      throw bad(`${where} has a token that ${fault}; make a new one with telltale token.`);
    if (tokens.some((token) => token.secret === secret)) {
      throw bad(`${where} repeats the token of an earlier line; delete one of the two.`);
    }
    tokens.push({ secret, scopes: known });
  }
  if (tokens.length === 0) throw bad(`${name} contains no token; make one with telltale token.`);
  return tokens;
}

/** The tokens of a file, and whether other users of this machine can read or change it. */
export interface TokenFile {
  readonly tokens: readonly Token[];
  readonly isOpenToOthers: boolean;
}

/** @throws AccessError `bad_token_file` when the file cannot be read, or as {@link parseTokens}. */
export async function readTokenFile(path: string): Promise<TokenFile> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const { mode } = await file.stat();
    const text = await file.readFile("utf8");
    return { tokens: parseTokens(text, path), isOpenToOthers: isOpenToOthers(mode) };
  } catch (error) {
    if (error instanceof AccessError) throw error;
    throw bad(`The token file ${path} ${explainUnread(error)}; check --token-file.`, { cause: error });
  } finally {
    await file?.close();
  }
}

/** Whether a file's mode lets every user of the machine read or change the file. */
export function isOpenToOthers(mode: number, platform: NodeJS.Platform = process.platform): boolean {
  // Windows keeps permissions elsewhere, and reports every file as open.
  return platform !== "win32" && (mode & 0o006) !== 0;
}

/** Says what is wrong with a token, as the rest of a sentence. */
function findFault(secret: string): string | undefined {
  if (!secretForm.test(secret)) return "has characters other than letters, digits and - . _ ~ +";
  if (secret.length < shortest) return `is shorter than ${shortest} characters`;
  if (secret.length > longest) return `is longer than ${longest} characters`;
  if (new Set(secret).size < fewestCharacters) return "is easy to guess";
  return undefined;
}

function bad(sentence: string, options?: ErrorOptions): AccessError {
  return new AccessError("bad_token_file", sentence, options);
}
