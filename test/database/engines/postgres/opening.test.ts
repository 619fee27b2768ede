import { expect } from "chai";
import type { DataSource } from "typeorm";
import { DatabaseError, Store } from "../../../../src/database/index.js";
import { PostgresEngine } from "../../../../src/database/engines/postgres.js";
import { makePostgresDatabase } from "../../../../harness/postgres/test-databases.js";
import { execute, readRows } from "../../../../harness/rows.js";
import { rejection } from "../../../support/checks/rejection.js";

describe("PostgresEngine opening a database", () => {
  let url: string;

  beforeEach(async () => {
    url = await makePostgresDatabase();
  });

  const settingsOf = async (dataSource: DataSource, ...names: string[]) => {
    const values: string[] = [];
    for (const name of names) {
      const [row] = await dataSource.query<{ value: string }[]>(`select current_setting('${name}') as value`);
      values.push(row?.value ?? "");
    }
    return values;
  };

  it("sets what keeps messages safe, whatever the database or the address sets", async () => {
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

  it("opens readers that cannot write", async () => {
    const engine = new PostgresEngine(url, 1000);
    await (await engine.openWriter()).destroy();
    const reader = await engine.openReader();
    const error = await rejection(reader.query("insert into master (session_id, last_seq) values ('s', 0)"));
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

  it("refuses a database of another program, and changes nothing", async () => {
    await execute(url, "create table migrations (name text); insert into migrations values ('Songs1')");
    const error = await rejection(Store.open(url));
    expect(error).to.be.instanceOf(DatabaseError).with.property("code", "foreign_database");
    const tables = await readRows(
      url,
      "select * from information_schema.tables where table_schema = 'public'",
    );
    expect(tables).to.have.length(1);
  });

  it("accepts tables of other programs next to its own", async () => {
    await execute(url, "create table songs (title text)");
    await (await Store.open(url)).close();
    expect(await readRows(url, "select count(*) as n from master")).to.deep.equal([{ n: 0 }]);
  });

  for (const [what, address] of Object.entries({
    "one slash": "postgres:/user:hunter2@localhost/db",
    "a slash in the password": "postgres://user:12/hunter2@localhost/db",
    "a # in the password": "postgres://user:12#hunter2@localhost/db",
    "a ? in the password": "postgres://user:12?hunter2@localhost/db",
    "an invalid port": "postgres://user:hunter2@localhost:http/db",
    nothing: "postgres://",
  })) {
    it(`refuses an address with ${what}, without repeating it`, async () => {
      const error = await rejection(Store.open(address));
      expect(error).to.be.instanceOf(DatabaseError);
      expect(JSON.stringify([String(error), error])).not.to.match(/hunter2|12/);
    });
  }
});
