/** Loaded before a program, kills it with the statement to SQLite whose number KILL_AT_STATEMENT says, the first being 1. */
import { meetStatements } from "../../../harness/upgrade/meet-statements.js";

let number = 0;
meetStatements((_file, _sql, execute) => {
  number += 1;
  execute();
  if (number === Number(process.env["KILL_AT_STATEMENT"])) process.kill(process.pid, "SIGKILL");
});
