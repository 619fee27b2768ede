// A faulty daemon, to test the harness: it reports a transaction as committed and commits it a little later.
import { mutateStatements } from "./mutate-statements.js";

const laterMs = 20;
/** For each connection, resolves when its last commit is done. */
const commits = new WeakMap<object, Promise<void>>();

mutateStatements((sql, parameters, callback, execute, connection) => {
  if (sql !== "COMMIT") {
    void (commits.get(connection) ?? Promise.resolve()).then(() => {
      execute(sql, parameters, callback);
    });
    return;
  }
  const commit = new Promise<void>((resolve) => {
    setTimeout(() => {
      execute(sql, parameters, () => {
        resolve();
      });
    }, laterMs);
  });
  commits.set(connection, commit);
  // TypeORM reads the number of changed rows from the statement.
  callback.call({ changes: 0 }, null, []);
});
