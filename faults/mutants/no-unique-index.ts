// A wrong daemon, for the tests of the harness: its schema lets the same id stand twice in a session.
import { mutateStatements } from "./mutate-statements.js";

mutateStatements((sql, parameters, callback, execute) => {
  const isIndexOfIds = sql.includes('"replay_data_message_id"');
  execute(isIndexOfIds ? sql.replace("CREATE UNIQUE INDEX", "CREATE INDEX") : sql, parameters, callback);
});
