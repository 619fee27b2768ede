import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { Client, ClientEvents, Session } from "../../src/client-node/index.js";
import { findFreePort } from "../../harness/free-port.js";
import { Proxy } from "../../harness/proxy.js";
import { execute, readRows } from "../../harness/rows.js";
import { readTrials } from "../support/database/read-trials.js";
import { Store } from "../../src/database/index.js";
import { deleteSession } from "../../src/maintenance/index.js";
import { Clients, codeOf, listen, upTo } from "../support/client/clients.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { until } from "../support/checks/until.js";

describe("a client whose daemon has lost messages", () => {
  const clients = new Clients();

  for (const [what, isThere] of [
    ["an older state of its database", true],
    ["an empty database", false],
  ] as const) {
    it(`reports data loss when the daemon comes back with ${what}, and resends what it still has`, async () => {
      const port = await findFreePort();
      let daemon = await startDaemon({ db: clients.db, port });
      const client = await clients.open(daemon.url);
      const losses = listen(client, "data-loss");
      const session = await client.setup({});
      for (const x of upTo(5)) await session.tell({ config: { x }, outcome: 1 });
      await daemon.stop();
      await copyFile(clients.db, join(clients.folder, "older.db"));
      daemon = await startDaemon({ db: clients.db, port });
      for (const x of upTo(5, 6)) await session.tell({ config: { x }, outcome: 1 });
      await daemon.stop();
      await rm(clients.db);
      if (isThere) await copyFile(join(clients.folder, "older.db"), clients.db);
      for (const x of upTo(5, 11)) void session.tell({ config: { x }, outcome: 1 });
      await startDaemon({ db: clients.db, port });
      await session.flush();
      expect(losses).to.have.length(1);
      expect(losses[0]).to.deep.include({
        session: session.id,
        acknowledgedSeq: 12,
        lastSeq: isThere ? 6 : 0,
      });
      expect(await readTrials(clients.db, session.id)).to.deep.equal(upTo(15));
      expect(await client.rejected()).to.deep.equal([]);
    });
  }

  describe("because its database was put back", () => {
    let daemon: Awaited<ReturnType<typeof startDaemon>>;
    let proxy: Proxy;
    let client: Client;
    let session: Session;
    let losses: ClientEvents["data-loss"][];

    let port: number;

    const restart = async () => {
      daemon = await startDaemon({ db: clients.db, port });
    };

    /** Runs `work` while the daemon is stopped. */
    async function whileStopped(work: () => Promise<void>): Promise<void> {
      await daemon.stop();
      await work();
      await restart();
    }

    const older = () => join(clients.folder, "older.db");
    const tell = async (...numbers: number[]) => {
      for (const x of numbers) await session.tell({ config: { x }, outcome: 1 });
    };
    const putBack = async () => {
      await rm(clients.db);
      await copyFile(older(), clients.db);
    };

    beforeEach(async () => {
      port = await findFreePort();
      await restart();
      proxy = await Proxy.start(daemon.url);
      client = await clients.open(proxy.url);
      losses = listen(client, "data-loss");
      session = await client.setup({});
      await tell(1, 2, 3);
      await whileStopped(() => copyFile(clients.db, older()));
      await tell(4, 5, 6);
    });

    const expectAll = async () => {
      await until(() => losses.length > 0);
      await session.flush();
      expect((await readTrials(clients.db, session.id)).sort()).to.deep.equal(upTo(6));
      expect(losses.map((loss) => loss.session)).to.deep.equal([session.id]);
      expect(await client.rejected()).to.deep.equal([]);
    };

    for (const count of [1, 3]) {
      it(`notices the loss though ${count} answers to its question were lost before`, async () => {
        let lost = 0;
        await whileStopped(async () => {
          await putBack();
          proxy.judge = (chunk) => {
            if (chunk.toString("latin1").startsWith("GET ") || lost === count) return "pass";
            lost += 1;
            return "cut the answer";
          };
        });
        await expectAll();
        expect(lost).to.equal(count);
      });
    }

    it("notices the loss though another client has written to the session since", async () => {
      await daemon.stop();
      proxy.cutAll();
      await putBack();
      proxy.judge = () => "cut";
      await restart();
      const other = await clients.open(daemon.url, { outbox: "memory" });
      const resumed = await other.resume(session.id);
      for (const outcome of upTo(9)) await resumed.tell({ config: { x: 0 }, outcome });
      proxy.judge = () => "pass";
      await until(() => losses.length > 0);
      await session.flush();
      const trials = await readTrials(clients.db, session.id);
      expect(trials.filter((x) => x > 0)).to.deep.equal(upTo(6));
      expect(losses).to.have.length(1);
    });

    describe("while the connection lasts", () => {
      /** Removes what the first backup lacks, as a restore on a server does. */
      const restore = () => {
        const lost = "(select unique_id from replay_data where seq > 4)";
        const trials = `(select unique_id from raw_data where replay_table_id in ${lost})`;
        return execute(
          clients.db,
          `delete from param_data where iteration_id in ${trials};
           delete from outcome_data where iteration_id in ${trials};
           delete from raw_data where replay_table_id in ${lost}; delete from replay_data where seq > 4;
           update master set last_seq = 4, digest = (select digest from replay_data where seq = 4)`,
        );
      };

      it("notices the loss when the session is resumed", async () => {
        await restore();
        await client.resume(session.id);
        await expectAll();
        expect(losses[0]).to.include({ acknowledgedSeq: 8, sentAgain: 6 });
      });

      it("notices the loss though messages are on their way", async () => {
        await restore();
        for (const x of [7, 8, 9]) void session.tell({ config: { x }, outcome: 1 });
        const resumed = client.resume(session.id);
        for (const x of [10, 11]) void session.tell({ config: { x }, outcome: 1 });
        await resumed;
        await session.flush();
        const trials = await readTrials(clients.db, session.id);
        expect(trials.sort((a, b) => a - b)).to.deep.equal(upTo(11));
        expect(losses).to.have.length(1);
      });

      it("reports no loss where nothing was put back", async () => {
        void session.tell({ config: { x: 7 }, outcome: 1 });
        await client.resume(session.id);
        await client.resume(session.id);
        expect(losses).to.deep.equal([]);
      });
    });

    it("does not bring back a session that was deleted", async () => {
      await whileStopped(async () => {
        const database = await Store.open(clients.db);
        await execute(clients.db, "update replay_data set timestamp = '2026-01-01T00:00:00.000Z'");
        await deleteSession(database, 1, { by: "test" });
        await database.close();
      });
      const rejected = listen(client, "rejected");
      expect(await codeOf(tell(7))).to.equal("deleted");
      expect(rejected.map(({ code }) => code)).to.deep.equal(["deleted"]);
      expect(losses).to.deep.equal([]);
      const next = await client.setup({});
      await next.tell({ config: { x: 1 }, outcome: 1 });
      // It does not ask again for a session that is gone.
      const before = await readRows(clients.db, "select count(*) as n from rejected_data");
      const connected = listen(client, "connected");
      await whileStopped(() => Promise.resolve());
      await until(() => connected.length > 0);
      expect(await readRows(clients.db, "select count(*) as n from rejected_data")).to.deep.equal(before);
    });

    it("notices the loss of a finished session", async () => {
      await session.finish();
      await whileStopped(putBack);
      await expectAll();
      expect(losses[0]).to.include({ acknowledgedSeq: 9, sentAgain: 7 });
    });

    it("notices that a finished session is gone", async () => {
      await session.finish();
      await whileStopped(() => rm(clients.db));
      await expectAll();
      expect(losses[0]).to.include({ lastSeq: 0, sentAgain: 8 });
    });

    it("writes nothing to a finished session that is still there", async () => {
      await session.finish();
      const connected = listen(client, "connected");
      await whileStopped(() => Promise.resolve());
      await until(() => connected.length > 0);
      expect(losses).to.deep.equal([]);
      const types = await readRows(
        clients.db,
        "select message_type as type from replay_data order by seq desc limit 2",
      );
      expect(types.map(({ type }) => type)).to.deep.equal(["exit", "tell"]);
    });

    it("reports no loss where another client has written to the session, and nothing was put back", async () => {
      const other = await clients.open(daemon.url, { outbox: "memory" });
      await (await other.resume(session.id)).tell({ config: { x: 7 }, outcome: 1 });
      const connected = listen(client, "connected");
      await whileStopped(() => Promise.resolve());
      await until(() => connected.length > 0);
      expect(losses).to.deep.equal([]);
    });
  });
});
