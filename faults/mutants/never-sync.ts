// A faulty daemon, to test the harness: it writes with synchronous=OFF, whatever it set before.
import { mutateStatements } from "./mutate-statements.js";

mutateStatements((sql, parameters, callback, execute) => {
  if (sql !== "BEGIN TRANSACTION") execute(sql, parameters, callback);
  else {
    execute("pragma synchronous = off", [], () => {
      execute(sql, parameters, callback);
    });
  }
});
