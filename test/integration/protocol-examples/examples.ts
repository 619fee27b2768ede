import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = fileURLToPath(new URL("../../../../docs/PROTOCOL.md", import.meta.url));
const page = readFileSync(path, "utf8").replaceAll("\r\n", "\n");

/** What a comment before a request asks for. */
export const circumstances = [
  "new connection",
  "the database is locked",
  "the database refuses the next message",
  "the session was deleted",
  "the list has two million zeros",
] as const;
export type Circumstance = (typeof circumstances)[number];

/** A request of the page and its reply. */
export interface Example {
  /** Where its request stands on the page. */
  readonly line: number;
  readonly circumstances: ReadonlySet<Circumstance>;
  /** JSON, except for the one that is malformed. */
  readonly request: string;
  readonly reply: string;
  /** JSON that the column extra_info then holds, where the page shows it. */
  readonly extraInfo: string | undefined;
}

function readExamples(): Example[] {
  const blocks = page.matchAll(
    /^<!-- (?!prettier-ignore)(.+) -->$|^```json (request|reply|extra_info)\n([^]*?)^```$/gm,
  );
  const examples: Example[] = [];
  let waiting = new Set<Circumstance>();
  let request: { readonly text: string; readonly line: number } | undefined;
  for (const { index, 1: comment, 2: kind, 3: text = "" } of blocks) {
    const line = page.slice(0, index).split("\n").length;
    const last = examples.at(-1);
    const circumstance = circumstances.find((known) => known === comment);
    if (circumstance !== undefined) waiting.add(circumstance);
    else if (kind === "request" && request === undefined) request = { text, line };
    else if (kind === "reply" && request !== undefined) {
      examples.push({
        line: request.line,
        circumstances: waiting,
        request: request.text,
        reply: text,
        extraInfo: undefined,
      });
      waiting = new Set();
      request = undefined;
    } else if (kind === "extra_info" && last !== undefined) {
      examples[examples.length - 1] = { ...last, extraInfo: text };
    } else throw new Error(`PROTOCOL.md, line ${line}: this comment or block has no place here.`);
  }
  return examples;
}

/** The examples of PROTOCOL.md, in their order. */
export const examples: readonly Example[] = readExamples();

/** The error code of an example's reply. */
export const codeOf = ({ reply }: Example) => (JSON.parse(reply) as { code?: string }).code;

/** The type of an example's message; empty if it has none. */
export const typeOf = ({ reply }: Example) => (JSON.parse(reply) as { type: string | null }).type ?? "";
