// A wrong daemon, for the tests of the harness: it writes with synchronous=OFF, whatever it has asserted before.
import { mutateStatements } from "./mutate-statements.js";

mutateStatements((sql, parameters, callback, execute) => {
  if (sql !== "BEGIN TRANSACTION") execute(sql, parameters, callback);
  else {
    execute("pragma synchronous = off", [], () => {
      execute(sql, parameters, callback);
    });
  }
});
