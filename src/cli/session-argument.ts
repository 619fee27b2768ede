import { Argument } from "commander";

/** The argument that names a session; `findSession` reads it. */
export function sessionArgument(): Argument {
  return new Argument(
    "<session>",
    "its id, the beginning of its id, its unique_id in master, or last for the one that was begun last",
  );
}
