import { join } from "node:path";
import { expect } from "chai";
import { DatabaseError, Store } from "../../../src/database/index.js";
import { SqliteEngine } from "../../../src/database/engines/sqlite.js";
import { WriteQueue } from "../../../src/database/writing/write-queue.js";
import type { Write } from "../../../src/derivation/index.js";
import { rejection } from "../../support/checks/rejection.js";
import { readRows } from "../../../harness/rows.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";
import { receive, setupWrite, tellWrite } from "../../support/database/writes.js";

describe("a SQLite file that many in one process have open", () => {
  it("is made by all of them at once, and written by all of them at once", async () => {
    const path = join(await temporaryFolder(), "test.db");
    // More than the process has threads to wait in.
    const databases = await Promise.all(Array.from({ length: 8 }, () => Store.open(path)));
    await databases[0]!.submit(setupWrite("s1"));
    const submitted = databases.flatMap((database, number) =>
      Array.from({ length: 20 }, (_, trial) => database.submit(tellWrite("s1", trial, `${number}-${trial}`))),
    );
    await Promise.all(submitted);
    for (const database of databases) await database.close();
    const [row] = await readRows(path, "select count(*) as n, max(seq) as last from replay_data");
    expect(row).to.deep.equal({ n: 161, last: 161 });
  });
});

describe("WriteQueue on a SQLite file", () => {
  it("answers unavailable while the disk is full, and writes again when it is not", async () => {
    const events: string[] = [];
    const path = join(await temporaryFolder(), "test.db");
    const engine = new SqliteEngine(path, 50);
    const queue = new WriteQueue(engine, await engine.openWriter(), 1024 * 1024, {
      onFailure: (error) => events.push(String(error)),
      onReopen: () => events.push("reopened"),
    });
    await queue.submit(setupWrite("s1"));
    await queue.run(async (manager) => {
      const [row] = await manager.query<{ page_count: number }[]>("pragma page_count");
      await manager.query(`pragma max_page_count = ${row?.page_count ?? 0}`);
    });
    const large: Write = {
      ...tellWrite("s1", 1),
      message: { ...receive({ type: "tell", message: "x".repeat(500_000) }) },
    };
    const error = await rejection(queue.submit(large));
    expect(error).to.be.instanceOf(DatabaseError).with.property("code", "unavailable");
    expect(events).to.have.length(1);
    expect(events[0]).to.include("SQLITE_FULL");
    for (let trial = 0; trial < 200; trial += 1) await queue.submit(tellWrite("s1", trial));
    expect(events).to.deep.equal([events[0], "reopened"]);
    await queue.close();
    const rows = await readRows(path, "select seq from replay_data order by seq");
    expect(rows.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: 201 }, (_, index) => index + 1));
  });
});
