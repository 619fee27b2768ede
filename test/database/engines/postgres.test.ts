import { expect } from "chai";
import type { DataSource } from "typeorm";
import { PostgresEngine } from "../../../src/database/engines/postgres.js";
import { type WriteQueueEvents, WriteQueue } from "../../../src/database/writing/write-queue.js";
import type { Settlement } from "../../../src/database/writing/settlement.js";
import type { StoredMessage, Write } from "../../../src/derivation/index.js";
import { DatabaseError, Store } from "../../../src/database/index.js";
import { makePostgresDatabase, startPostgresServer } from "../../../harness/postgres.js";
import { connect } from "../../../harness/postgres-rows.js";
import { Proxy, type Verdict } from "../../../harness/proxy.js";
import { rejection } from "../../support/checks/rejection.js";
import { execute, readRows } from "../../../harness/rows.js";
import { until } from "../../support/checks/until.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";

function storedOf(settlement: Settlement): StoredMessage {
  if (settlement.kind !== "stored") throw new Error(settlement.reason);
  return settlement.message;
}

describe("PostgresEngine", () => {
  let url: string;
  let queue: WriteQueue | undefined;

  async function open(
    location = url,
    events: WriteQueueEvents = {},
    answerWithinMs?: number,
  ): Promise<WriteQueue> {
    const engine = new PostgresEngine(location, 3000, answerWithinMs);
    queue = new WriteQueue(engine, await engine.openWriter(), 1024 * 1024, events);
    return queue;
  }

  const ids = async () =>
    (await readRows(url, "select message_id from replay_data where seq > 1 order by seq")).map(
      (row) => row["message_id"],
    );

  beforeEach(async () => {
    url = await makePostgresDatabase();
  });

  afterEach(async () => {
    await queue?.close();
    queue = undefined;
  });

  describe("when it opens a database", () => {
    const settingsOf = async (dataSource: DataSource, ...names: string[]) => {
      const values: string[] = [];
      for (const name of names) {
        const [row] = await dataSource.query<{ value: string }[]>(
          `select current_setting('${name}') as value`,
        );
        values.push(row?.value ?? "");
      }
      return values;
    };

    it("asks for what keeps messages safe, whatever the database or the address say", async () => {
      const name = new URL(url).pathname.slice(1);
      await execute(
        url,
        `alter database ${name} set synchronous_commit = off; alter database ${name} set default_transaction_read_only = on;
         alter database ${name} set default_transaction_isolation = 'serializable'`,
      );
      const address = `${url}?options=${encodeURIComponent("-c synchronous_commit=off -c search_path=public,lab")}`;
      const writer = await new PostgresEngine(address, 1234).openWriter();
      const names = [
        "synchronous_commit",
        "default_transaction_read_only",
        "default_transaction_isolation",
        "lock_timeout",
        "search_path",
      ];
      const settings = await settingsOf(writer, ...names);
      await writer.destroy();
      expect(settings).to.deep.equal(["on", "off", "read committed", "1234ms", "public,lab"]);
    });

    it("gives readers that cannot write", async () => {
      const engine = new PostgresEngine(url, 1000);
      await (await engine.openWriter()).destroy();
      const reader = await engine.openReader();
      const error = await rejection(
        reader.query("insert into master (session_id, last_seq) values ('s', 0)"),
      );
      await reader.destroy();
      expect(String(error)).to.include("read-only");
    });

    it("refuses an encoding that cannot hold every text, and changes nothing", async () => {
      const name = `${new URL(url).pathname.slice(1)}_latin`;
      await execute(url, `create database ${name} encoding 'LATIN1' locale 'C' template template0`);
      const latin = new URL(`/${name}`, url).href;
      const error = await rejection(Store.open(latin));
      const tables = await readRows(
        latin,
        "select * from information_schema.tables where table_schema = 'public'",
      );
      await execute(url, `drop database ${name}`);
      expect(error).to.be.instanceOf(DatabaseError).with.property("code", "unsafe_settings");
      expect((error as Error).message)
        .to.include("server_encoding = LATIN1")
        .and.not.include("hunter2");
      expect(tables).to.deep.equal([]);
    });

    it("refuses a database of another program, and leaves it as it is", async () => {
      await execute(url, "create table migrations (name text); insert into migrations values ('Songs1')");
      const error = await rejection(Store.open(url));
      expect(error).to.be.instanceOf(DatabaseError).with.property("code", "foreign_database");
      const tables = await readRows(
        url,
        "select * from information_schema.tables where table_schema = 'public'",
      );
      expect(tables).to.have.length(1);
    });

    it("bears tables of other programs beside its own", async () => {
      await execute(url, "create table songs (title text)");
      await (await Store.open(url)).close();
      expect(await readRows(url, "select count(*) as n from master")).to.deep.equal([{ n: 0 }]);
    });

    for (const [what, address] of Object.entries({
      "one slash": "postgres:/user:hunter2@localhost/db",
      "a slash in the password": "postgres://user:12/hunter2@localhost/db",
      "a # in the password": "postgres://user:12#hunter2@localhost/db",
      "a ? in the password": "postgres://user:12?hunter2@localhost/db",
      "a port that is none": "postgres://user:hunter2@localhost:http/db",
      nothing: "postgres://",
    })) {
      it(`refuses an address with ${what}, and repeats nothing of it`, async () => {
        const error = await rejection(Store.open(address));
        expect(error).to.be.instanceOf(DatabaseError);
        expect(JSON.stringify([String(error), error])).not.to.match(/hunter2|12/);
      });
    }
  });

  describe("beside other writers", () => {
    it("answers unavailable while another has a session locked for too long, and writes again when it has not", async () => {
      const database = await Store.open(url, { busyTimeoutMs: 50 });
      await database.submit(setupWrite("s1"));
      const other = await connect(url);
      await other.query("begin; select * from master for update");
      const error = await rejection(database.submit(tellWrite("s1", 1, "a")));
      await other.query("rollback");
      await other.end();
      const after = await database.submit(tellWrite("s1", 1, "a"));
      await database.close();
      expect(error).to.have.property("code", "unavailable");
      expect(storedOf(after)).to.include({ seq: 2, isDuplicate: false });
    });

    it("tries again what was rolled back for a deadlock", async () => {
      const events: unknown[] = [];
      const writer = await open(url, { onFailure: (error) => events.push(error) });
      await writer.submit(setupWrite("s1"));
      await writer.submit(setupWrite("s2"));
      const other = await connect(url);
      // The other one waits for longer before it looks, so that the queue's own transaction is the one that is given up.
      await other.query("set deadlock_timeout = '1min'");
      await other.query("begin; update master set source = 'x' where session_id = 's2'");
      const told = Promise.all([
        writer.submit(tellWrite("s1", 1, "a")),
        writer.submit(tellWrite("s2", 1, "b")),
      ]);
      await until(async () => {
        const waiting = await readRows(url, "select 1 from pg_stat_activity where wait_event_type = 'Lock'");
        return waiting.length > 0;
      });
      await other.query("update master set source = 'x' where session_id = 's1'; commit");
      await other.end();
      expect((await told).map((settlement) => storedOf(settlement).seq)).to.deep.equal([2, 2]);
      expect(events).to.deep.equal([]);
    });

    it("says that nothing was committed when a scope goes on after a failed statement", async () => {
      const writer = await open();
      const scope = writer.run(async (manager) => {
        await manager.query("insert into master (session_id, last_seq) values ('gone', 0)");
        await manager.query("select 1 / 0").catch(() => undefined);
      });
      expect(String(await rejection(scope))).to.include("aborted");
      expect(await readRows(url, "select * from master")).to.deep.equal([]);
    });

    it("finds no session for an id that text cannot hold", async () => {
      const database = await Store.open(url);
      const found = await database.findSession("a\0b");
      const told = await database.submit(tellWrite("a\0b", 1));
      await database.close();
      expect(found).to.equal(undefined);
      expect(told).to.include({ kind: "rejected", code: "unknown_session" });
    });
  });

  describe("when the connection is lost", () => {
    const commit = (verdict: Verdict) => {
      let isDone = false;
      return (chunk: Buffer): Verdict => {
        if (isDone || !chunk.includes("COMMIT")) return "pass";
        isDone = true;
        return verdict;
      };
    };
    /** Writes of every kind, with and without an id of the client's. */
    const batch = (): Write[] => [
      setupWrite("s2"),
      tellWrite("s1", 1, "a"),
      { ...tellWrite("s1", 0), message: { ...tellWrite("s1", 0, "b").message, mayBeResent: false } },
      tellWrite("s1", 1, "c"),
    ];

    async function expectOnce(): Promise<void> {
      expect(await ids()).to.deep.equal(["a", "b", "c"]);
      expect(
        await readRows(url, "select session_id, last_seq from master order by session_id"),
      ).to.deep.equal([
        { session_id: "s1", last_seq: 4 },
        { session_id: "s2", last_seq: 1 },
      ]);
      const [counts] = await readRows(
        url,
        "select (select count(*) from raw_data) as raws, (select count(*) from config_data) as configs",
      );
      expect(counts).to.deep.equal({ raws: 3, configs: 2 });
    }

    for (const [when, verdict] of [
      ["after the commit and before its answer", "cut the answer"],
      ["before the commit reaches the server", "cut"],
    ] as const) {
      it(`${when}, it writes everything once, and acknowledges it`, async () => {
        const proxy = await Proxy.start(url);
        const events: string[] = [];
        const writer = await open(proxy.url, {
          onFailure: () => events.push("failed"),
          onReopen: () => events.push("reopened"),
        });
        await writer.submit(setupWrite("s1"));
        proxy.judge = commit(verdict);
        const settled = (await Promise.all(batch().map((write) => writer.submit(write)))).map(storedOf);
        expect(events).to.deep.equal(["failed", "reopened"]);
        expect(settled.map(({ seq }) => seq)).to.deep.equal([1, 2, 3, 4]);
        // That it was there already is news to no client that has not sent it before.
        expect(settled[2]).to.include({ isDuplicate: false });
        await expectOnce();
      });

      it(`${when}, with nothing to connect to, it answers unavailable, and what is sent again is there once`, async () => {
        const proxy = await Proxy.start(url);
        const writer = await open(proxy.url);
        await writer.submit(setupWrite("s1"));
        let isDown = false;
        proxy.judge = (chunk) => {
          if (isDown) return "cut";
          if (!chunk.includes("COMMIT")) return "pass";
          isDown = true;
          return verdict;
        };
        const writes = batch();
        const failed = await Promise.all(writes.map((write) => rejection(writer.submit(write))));
        expect(failed.map((error) => (error as DatabaseError).code)).to.deep.equal(
          writes.map(() => "unavailable"),
        );
        isDown = false;
        proxy.judge = () => "pass";
        const again = batch().map((write) =>
          write.kind === "message" ? { ...write, message: { ...write.message, mayBeResent: true } } : write,
        );
        await Promise.all(again.map(async (write) => storedOf(await writer.submit(write))));
        await expectOnce();
      });
    }

    for (const [when, statement] of [
      ["at the beginning of a transaction", "START TRANSACTION"],
      ["in the middle of a transaction", "insert into replay_data"],
    ] as const) {
      it(`${when}, it answers unavailable, and writes what is sent again`, async () => {
        const proxy = await Proxy.start(url);
        const writer = await open(proxy.url);
        await writer.submit(setupWrite("s1"));
        proxy.judge = (chunk) => (chunk.includes(statement) ? "cut" : "pass");
        expect(await rejection(writer.submit(tellWrite("s1", 1, "a")))).to.have.property(
          "code",
          "unavailable",
        );
        proxy.judge = () => "pass";
        expect(storedOf(await writer.submit(tellWrite("s1", 1, "a")))).to.include({
          seq: 2,
          isDuplicate: false,
        });
      });
    }

    it("while nothing is done, it connects again with the next message", async () => {
      const proxy = await Proxy.start(url);
      const database = await Store.open(proxy.url);
      await database.submit(setupWrite("s1"));
      await database.findSession("s1");
      proxy.cutAll();
      await until(async () => {
        const left = await readRows(
          url,
          "select 1 from pg_stat_activity where datname = current_database() and application_name = 'telltale'",
        );
        return left.length === 0;
      });
      expect(await database.findSession("s1")).to.have.property("id", "s1");
      expect(storedOf(await database.submit(tellWrite("s1", 1)))).to.include({ seq: 2 });
      await database.close();
    });
  });

  describe("when the server", () => {
    it("stops, it answers unavailable, and writes again when the server is back", async () => {
      const server = await startPostgresServer();
      const database = await Store.open(server.urlOf("postgres"));
      await database.submit(setupWrite("s1"));
      await server.stop();
      const [written, found, probed] = await Promise.all([
        rejection(database.submit(tellWrite("s1", 1, "a"))),
        rejection(database.findSession("s1")),
        rejection(database.probe()),
      ]);
      await server.restart();
      const after = await database.submit(tellWrite("s1", 1, "a"));
      const session = await database.findSession("s1");
      await database.probe();
      await database.close();
      for (const error of [written, found, probed]) expect(error).to.have.property("code", "unavailable");
      expect(storedOf(after)).to.include({ seq: 2, isDuplicate: false });
      expect(session).to.have.property("id", "s1");
    });

    /** Freezes the process that serves the queue; the function that is returned thaws it. */
    async function freeze(): Promise<() => void> {
      const [row] = await readRows(
        url,
        "select pid from pg_stat_activity where datname = current_database() and application_name = 'telltale'",
      );
      const pid = row?.["pid"] as number;
      process.kill(pid, "SIGSTOP");
      return () => process.kill(pid, "SIGCONT");
    }

    // Windows has no such signal.
    const onUnix = process.platform === "win32" ? it.skip : it;

    onUnix("hangs, it does not wait for ever, and writes again over a new connection", async () => {
      const writer = await open(url, {}, 200);
      await writer.submit(setupWrite("s1"));
      const thaw = await freeze();
      const error = await rejection(writer.submit(tellWrite("s1", 1, "a"))).finally(() => setImmediate(thaw));
      expect(error).to.have.property("code", "unavailable");
      expect(storedOf(await writer.submit(tellWrite("s1", 1, "a")))).to.include({ seq: 2 });
    });

    onUnix("hangs, it can be closed all the same", async () => {
      const writer = await open();
      await writer.submit(setupWrite("s1"));
      const thaw = await freeze();
      try {
        const told = rejection(writer.submit(tellWrite("s1", 1, "a")));
        await until(() => writer.bytes === 0);
        writer.abandon();
        expect(await told).to.have.property("code", "unavailable");
        await writer.close();
      } finally {
        thaw();
      }
    });
  });
});
