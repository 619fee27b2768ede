import { TelltaleError } from "../common/index.js";

export type AccessErrorCode = "open_to_network" | "bad_token_file" | "bad_certificate";

/** The access options cannot be used; `message` is one sentence for the user. */
export class AccessError extends TelltaleError<AccessErrorCode> {
  override readonly name = "AccessError";
}

/** Says why a file cannot be read, as the rest of a sentence. */
export function explainUnread(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "does not exist";
  if (code === "EACCES" || code === "EPERM") return "is not readable by this user";
  if (code === "EISDIR") return "is a folder";
  return "cannot be read";
}
