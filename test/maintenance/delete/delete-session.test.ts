import { expect } from "chai";
import { Store } from "../../../src/database/index.js";
import type { RejectionWrite } from "../../../src/derivation/index.js";
import { deleteSession } from "../../../src/maintenance/index.js";
import { encode } from "../../../harness/encode.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { readRows } from "../../../harness/rows.js";
import { expectCode } from "../../support/checks/expect-code.js";
import { noteWrite, other, session } from "../../support/database/import-fixture.js";
import { verifyDatabase } from "../../support/database/verify-database.js";
import { receive, setupWrite, tellWrite } from "../../support/database/writes.js";

/** A frame that was refused on a connection of a session, or of none. */
const refused = (
  length: number,
  contents: string | Uint8Array,
  sessionId: string | null,
): RejectionWrite => ({
  kind: "rejection",
  code: "invalid",
  reason: "",
  peer: "127.0.0.1:1",
  contents: Buffer.from(contents),
  length,
  receivedAt: Date.now(),
  sessionId,
});

describeOnEngines("deleteSession", (engine) => {
  let location: string;
  let store: Store;

  beforeEach(async () => {
    location = await engine.makeReadyLocation();
    store = await Store.open(location);
    // The participant p1 has both, and p2 a third.
    const third = setupWrite("cccccccc-0000-4000-8000-000000000003");
    for (const write of [
      setupWrite(session),
      { ...third, session: { ...third.session, participantId: "p2" } },
      setupWrite(other),
      tellWrite(session, 1),
      { ...noteWrite("", "exit"), message: receive({ type: "exit" }) },
    ])
      await store.submit(write);
  });

  afterEach(() => store.close());

  const masterOf = async (id: string) => {
    const [row] = await readRows(location, "select unique_id from master where session_id = ?", [id]);
    return row?.["unique_id"] as number;
  };

  it("deletes the refused messages that name the session or its participant, and no others", async () => {
    const naming = { message: { participant_id: "p1" } };
    const truncated = '{"message":{"participant_id":"p1","x"';
    for (const write of [
      refused(1, "about nobody", session),
      refused(2, JSON.stringify({ type: "tell", session: session.toUpperCase() }), null),
      refused(3, JSON.stringify(naming), null),
      refused(4, encode(naming, "messagepack"), null),
      refused(5, truncated, null),
      refused(6, JSON.stringify({ message: { config_str: "[common]\nparticipant_id = p1\n" } }), null),
      refused(7, JSON.stringify(naming), "cccccccc-0000-4000-8000-000000000003"),
      refused(8, JSON.stringify({ type: "tell", session }), other),
      // These stay.
      refused(11, JSON.stringify(naming), other),
      refused(12, JSON.stringify({ message: { participant_id: "p12" } }), null),
      refused(13, "p1", null),
    ])
      await store.submit(write);
    const deleted = await deleteSession(store, await masterOf(session), { by: "test" });
    expect(deleted).to.include({ rejected_data: 8, replay_data: 3, master: 1 });
    const left = await readRows(location, "select length from rejected_data order by length");
    expect(left.map(({ length }) => length)).to.deep.equal([11, 12, 13]);
  });

  it("records the deletion without anything that the session held", async () => {
    await deleteSession(store, await masterOf(session), { by: "anna@lab" });
    const [record] = await readRows(location, "select * from deleted_session");
    expect(record).to.include({ session_id: session, deleted_by: "anna@lab", row_count: 8 });
    expect(Date.parse(record?.["timestamp"] as string)).to.be.closeTo(Date.now(), 60_000);
    expect(Object.keys(record ?? {})).to.have.length(5);
    expect(await verifyDatabase(location)).to.deep.equal([]);
  });

  it("refuses a session that is live", async () => {
    await expectCode(deleteSession(store, await masterOf(other), { by: "test" }), "session_live");
    expect(await readRows(location, "select session_id from deleted_session")).to.deep.equal([]);
  });

  describe("of a session whose messages come late", () => {
    beforeEach(async () => {
      await deleteSession(store, await masterOf(session), { by: "test" });
    });

    const expectRefused = async (write: Parameters<Store["submit"]>[0]) => {
      expect(await store.submit(write)).to.include({ kind: "rejected", code: "deleted" });
    };

    it("makes the store refuse each, its setup too, and keep nothing of its content", async () => {
      await expectRefused(tellWrite(session, 1, "late"));
      await expectRefused(setupWrite(session));
      await store.submit(refused(3, '{"secret":1}', session));
      const rows = await readRows(location, "select code, contents, peer, length from rejected_data");
      expect(rows.map(({ code }) => code)).to.deep.equal(["deleted", "deleted", "invalid"]);
      for (const row of rows) expect(row).to.include({ contents: null, peer: null });
      for (const row of rows) expect(row["length"]).to.be.above(0);
      const masters = await readRows(location, "select session_id from master");
      expect(masters.map((row) => row["session_id"])).not.to.include(session);
    });

    it("makes the store refuse it in one batch with others, which are stored", async () => {
      const settlements = await Promise.all(
        [setupWrite(session), tellWrite(other, 1), tellWrite(session, 1), setupWrite("new")].map((write) =>
          store.submit(write),
        ),
      );
      expect(settlements.map(({ kind }) => kind)).to.deep.equal(["rejected", "stored", "rejected", "stored"]);
    });
  });

  it("makes the store accept a session again that was deleted without a record", async () => {
    await deleteSession(store, await masterOf(session), "none");
    expect(await store.submit(tellWrite(session, 1))).to.include({ code: "unknown_session" });
    expect(await store.submit(setupWrite(session))).to.include({ kind: "stored" });
  });
});
