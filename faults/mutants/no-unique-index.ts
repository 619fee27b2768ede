// A faulty daemon, to test the harness: its schema allows an id twice in a session.
import { mutateStatements } from "./mutate-statements.js";

mutateStatements((sql, parameters, callback, execute) => {
  const isIndexOfIds = sql.includes('"replay_data_message_id"');
  execute(isIndexOfIds ? sql.replace("CREATE UNIQUE INDEX", "CREATE INDEX") : sql, parameters, callback);
});
