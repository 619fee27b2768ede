import { expect } from "chai";
import { describeOnEngines } from "../../harness/engines.js";
import { readRows } from "../../harness/rows.js";
import type { Daemon } from "../../src/index.js";
import { type Coding, Timestamp, codingOf } from "../../src/protocol/index.js";
import { expectDerived } from "../support/checks/rebuild.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { config, play, readAll, readAllButContents, send, whole } from "./sent-sessions.js";

const uuid = "3f6c1d0e-8a52-4b7e-9d41-6c2f0b9e7a15";

/** A session with a message of every kind; without names, it omits every id and name that a client may omit. */
function messagesOf(coding: Coding, isNamed: boolean): Record<string, unknown>[] {
  const message = {
    config: { x: [0.1, -0], y: ["left", NaN] },
    outcome: [
      [1, 0.5],
      [0, null],
    ],
  };
  const rest: Record<string, unknown>[] = [
    {
      type: "ask",
      message: "",
      version: "0.01",
      response: { config: { x: [0.25] } },
      sent_at: 1774000000123.5,
    },
    { type: "tell", message, extra_info: { __proto__x: 1, big: 2n ** 60n }, sent_at: 1774000000124 },
    { type: "tell", message: { config: { x: [1, 2] }, outcome: 1 }, extra_info: [1, "ä\0"] },
    { type: "tell", message: [{ outcome: 1 }, { outcome: { hit: true }, note: "n" }], model_data: 0 },
    { type: "strat", message: coding === "json" ? { model: [1, 2] } : new Uint8Array([0, 255]) },
    { type: "resume", message: { strat_id: 0 } },
    { type: "note", extra: coding === "json" ? "free" : new Timestamp(1, 2), message: null },
    { type: "exit" },
  ];
  const metadata = isNamed ? "[metadata]\nexperiment_id = e1\nparticipant_id = P017\nroom = B12\n" : "";
  const setup = { type: "setup", message: { config_str: config + metadata } };
  if (!isNamed) return [setup, ...rest];
  return [setup, ...rest].map((one, index) => ({ ...one, id: `id-${index}`, session: uuid }));
}

for (const coding of ["json", "messagepack"] satisfies Coding[]) {
  describeOnEngines(`sendSession, of a session in ${coding},`, (engine) => {
    let original: string;
    let daemon: Daemon;
    let copy: Daemon;

    beforeEach(async () => {
      original = await engine.makeReadyLocation();
      daemon = await startDaemon({ db: original });
      copy = await startDaemon({ db: await engine.makeReadyLocation() });
    });

    it("copies every row byte for byte if messages carry their ids", async () => {
      await play(daemon, coding, messagesOf(coding, true));
      expect(await send(original, copy.url)).to.deep.equal(whole({ stored: 9 }));
      expect(await readAll(copy.options.db)).to.deep.equal(await readAll(original));
      await expectDerived(copy.options.db);
      expect(await send(original, copy.url)).to.deep.equal(whole({ duplicates: 9 }));
      expect(await readAll(copy.options.db)).to.deep.equal(await readAll(original));
    });

    it("copies every row except for the ids that messages lacked", async () => {
      await play(daemon, coding, messagesOf(coding, false));
      expect(await send(original, copy.url)).to.deep.equal(whole({ stored: 9 }));
      expect(await readAllButContents(copy.options.db)).to.deep.equal(await readAllButContents(original));
      const [, messages] = await readAll(copy.options.db);
      for (const { message_contents: frame } of messages!) expect(codingOf(frame as Buffer)).to.equal(coding);
      await expectDerived(copy.options.db);
      expect(await send(original, copy.url)).to.deep.equal(whole({ duplicates: 9 }));
      // A copy of the copy is identical.
      const twin = await startDaemon({ db: await engine.makeReadyLocation() });
      expect(await send(copy.options.db, twin.url)).to.deep.equal(whole({ stored: 9 }));
      expect(await readAll(twin.options.db)).to.deep.equal(await readAll(copy.options.db));
    });

    it("changes nothing when sent to its own database", async () => {
      for (const isNamed of [true, false]) {
        await play(daemon, coding, messagesOf(coding, isNamed));
        const before = await readAll(original);
        expect(await send(original, daemon.url)).to.deep.equal(whole({ duplicates: 9 }));
        expect(await readAll(original)).to.deep.equal(before);
      }
      expect(await readRows(original, "select * from rejected_data")).to.deep.equal([]);
    });

    it("sends the messages of alternating sessions to the right session", async () => {
      const client = await Client.connect(daemon.url, coding);
      const setup = { type: "setup", message: { config_str: config } };
      const first = (await client.request(setup))["session"] as string;
      const second = (await client.request(setup))["session"] as string;
      for (const strat of [0, 1, 0, 1]) {
        await client.request({ type: "resume", message: { strat_id: strat } });
        await client.request({ type: "tell", message: { outcome: strat } });
      }
      for (const session of [second, first])
        expect(await send(original, copy.url, session)).to.deep.equal(whole({ stored: 5 }));
      expect(await readAllButContents(copy.options.db)).to.deep.equal(await readAllButContents(original));
      expect(await send(original, copy.url, second)).to.deep.equal(whole({ duplicates: 5 }));
    });
  });
}
