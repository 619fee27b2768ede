// A wrong daemon, for the tests of the harness: it says that a transaction is committed, and commits it a little later.
import { mutateStatements } from "./mutate-statements.js";

const laterMs = 20;
/** For each connection, ends when its last commit is done. */
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
  // TypeORM asks the statement how many rows it changed.
  callback.call({ changes: 0 }, null, []);
});
