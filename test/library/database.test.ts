import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { DatabaseError } from "../../src/database/index.js";
import { Database } from "../../src/library/index.js";
import { withMigrations } from "../support/database/data-source.js";
import { rejection } from "../support/checks/rejection.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const nothing = () => Promise.resolve();

describe("Database on a file that AEPsych wrote", () => {
  let path: string;

  beforeEach(async () => {
    path = join(await temporaryFolder(), "test.db");
  });

  for (const generation of [1, 2, 3, 4]) {
    it(`refuses to read and write it, says what to do and leaves it unchanged: generation ${generation - 1}`, async () => {
      await withMigrations(path, generation, (dataSource) => dataSource.query("drop table migrations"));
      const before = await readFile(path);
      for (const readOnly of [false, true]) {
        const database = await Database.open(path, { readOnly });
        expect(await database.isUpdateRequired()).to.equal(true);
        for (const refused of [
          database.getMasterRecords(),
          database.recordSetup({}),
          database.readScope(nothing),
        ]) {
          const error = await rejection(refused);
          expect(error).to.be.instanceOf(DatabaseError).with.property("code", "aepsych_database");
          expect(String(error)).to.include(`telltale migrate ${path}`);
        }
        await database.close();
      }
      expect(await readFile(path)).to.deep.equal(before);
    });
  }
});

describe("Database", () => {
  it("is opened with open, not with new", () => {
    const Untyped = Database as unknown as new (path?: string) => Database;
    for (const path of [undefined, "test.db"])
      expect(() => new Untyped(path))
        .to.throw("Database.open")
        .with.property("code", "bad_argument");
  });
});
