import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { upgradeFile } from "../../src/maintenance/index.js";
import {
  readSession,
  readTrialColumns,
  streamMessages,
  streamSessions,
  streamStrats,
  streamTrials,
  trialHeadings,
} from "../../src/queries/index.js";
import { collect } from "../support/checks/collect.js";
import { openToRead } from "../support/database/readers.js";
import { readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const fixtures = fileURLToPath(new URL("../../../test/fixtures/legacy", import.meta.url));

describe("queries of an upgraded file", () => {
  for (const generation of [0, 1, 2, 3]) {
    it(`return everything in a file of generation ${generation}`, async () => {
      const db = join(await temporaryFolder(), "lab.db");
      await copyFile(join(fixtures, `generation-${generation}.db`), db);
      await upgradeFile(db, () => undefined);
      const database = await openToRead(db);
      const sessions = await collect(streamSessions(database));
      const [counted] = await readRows(
        db,
        `select (select count(*) from master) as sessions, (select count(*) from replay_data) as messages,
           (select count(*) from raw_data) as trials, (select count(*) from strat_data) as strats`,
      );
      let [messages, trials, strats] = [0, 0, 0];
      for (const { unique_id, session_id, ...session } of sessions) {
        expect(session.live).to.equal(false);
        const details = await readSession(database, session_id);
        expect(details.config === null || details.config instanceof Map).to.equal(true);
        const read = await collect(streamMessages(database, unique_id));
        expect(read.map(({ seq }) => seq)).to.deep.equal(read.map((_, index) => index + 1));
        for (const { timestamp } of read) expect(timestamp ?? "T").not.to.include(" ");
        expect(session.messages).to.equal(read.length);
        expect((await collect(streamTrials(database, unique_id))).length).to.equal(session.trials);
        const { columns } = await readTrialColumns(database, [unique_id], trialHeadings);
        expect(columns.length > 0).to.equal(session.trials > 0);
        messages += read.length;
        trials += session.trials;
        strats += (await collect(streamStrats(database, unique_id))).length;
      }
      expect({ sessions: sessions.length, messages, trials, strats }).to.deep.equal(counted);
      expect(trials).to.be.greaterThan(0);
    });
  }
});
