// A faulty daemon, to test the harness: the first digest of each transaction continues no earlier one.
import { mutateStatements } from "./mutate-statements.js";

const anyDigest = "0".repeat(64);

mutateStatements((sql, parameters, callback, execute) => {
  if (!sql.startsWith("with tally")) execute(sql, parameters, callback);
  else {
    execute(sql, parameters, function (error, rows) {
      for (const row of (rows ?? []) as { digest?: string }[]) row.digest = anyDigest;
      callback.call(this, error, rows);
    });
  }
});
