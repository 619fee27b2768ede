import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { expect } from "chai";
import { WebSocketServer } from "ws";
import { upgradeFile } from "../../src/maintenance/index.js";
import { ReadOnlyStore } from "../../src/database/index.js";
import type { Daemon } from "../../src/index.js";
import { type Coding, Timestamp, codingOf } from "../../src/protocol/index.js";
import { findSession } from "../../src/queries/index.js";
import { Replay, type SendReport, sendSession } from "../../src/replay/index.js";
import { Client } from "../../harness/client.js";
import { collectLog, startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { Proxy } from "../../harness/proxy.js";
import { copyOf } from "../support/files/legacy.js";
import { allowDifference, expectDerived } from "../support/checks/rebuild.js";
import { writeTimedSession } from "../support/database/write-timed-session.js";
import { type Row, execute, lockWriters, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { until } from "../support/checks/until.js";
import { fixture } from "../support/files/vectors.js";

const never = new AbortController().signal;

/** Sends a session as `telltale replay --to-url` does. */
async function send(db: string, url: string, name = "last"): Promise<SendReport> {
  const database = await ReadOnlyStore.open(db);
  try {
    const session = await findSession(database, name);
    const replay = new Replay(database, session.unique_id);
    return await sendSession(replay, session, url, { signal: never, reconnectAfterMs: 10 });
  } finally {
    await database.close();
  }
}

const whole = (counts: Partial<SendReport>): SendReport => ({
  stored: 0,
  duplicates: 0,
  refused: [],
  failure: undefined,
  ...counts,
});

/**
 * Every row of a database that a session's messages left, but for what tells when and under which number it was written: the
 * columns timestamp, and the numbers of rows.
 */
async function readAll(db: string): Promise<Row[][]> {
  const of = (condition: string) => `join master on master.unique_id = ${condition} order by session_id`;
  return Promise.all(
    [
      `select experiment_name, experiment_description, experiment_id, participant_id, extra_metadata, session_id, last_seq,
         source, rebuild_due from master order by session_id`,
      `select session_id, seq, message_type, message_contents, extra_info, message_id, sent_at, derivation_error
       from replay_data ${of("master_table_id")}, seq`,
      `select session_id, config from config_data ${of("master_table_id")}`,
      `select session_id, seq, strat, coding from strat_data
       join replay_data on replay_data.unique_id = replay_table_id ${of("strat_data.master_table_id")}, seq`,
      `select session_id, seq, model_data, extra_data from raw_data
       join replay_data on replay_data.unique_id = replay_table_id ${of("raw_data.master_table_id")}, seq, raw_data.unique_id`,
      `select session_id, param_name, param_value from param_data join raw_data on raw_data.unique_id = iteration_id
       ${of("master_table_id")}, param_data.unique_id`,
      `select session_id, outcome_name, outcome_value, outcome_text from outcome_data
       join raw_data on raw_data.unique_id = iteration_id ${of("master_table_id")}, outcome_data.unique_id`,
    ].map((sql) => readRows(db, sql)),
  );
}

/** The same, with messages as the rows hold them apart from contents. */
async function readAllButContents(db: string): Promise<Row[][]> {
  const rows = await readAll(db);
  return rows.map((table) => table.map((row) => ({ ...row, message_contents: null })));
}

/** Bytes as SQLite reads them in a statement. */
const blob = (text: string) => `x'${Buffer.from(text).toString("hex")}'`;

const config = "[common]\nparnames = [x, y]\nstimuli_per_trial = 1\noutcome_names = [hit, rt]\n";
const uuid = "3f6c1d0e-8a52-4b7e-9d41-6c2f0b9e7a15";

/** A session with a message of every kind; ids, session and names are left out where a client may. */
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

async function play(daemon: Daemon, coding: Coding, messages: readonly object[]): Promise<void> {
  const client = await Client.connect(daemon.url, coding);
  for (const message of messages) expect(await client.request(message)).to.include({ stored: true });
  await client.close();
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

    it("makes a copy whose rows equal the original's, byte for byte, where messages name themselves", async () => {
      await play(daemon, coding, messagesOf(coding, true));
      expect(await send(original, copy.url)).to.deep.equal(whole({ stored: 9 }));
      expect(await readAll(copy.options.db)).to.deep.equal(await readAll(original));
      await expectDerived(copy.options.db);
      expect(await send(original, copy.url)).to.deep.equal(whole({ duplicates: 9 }));
      expect(await readAll(copy.options.db)).to.deep.equal(await readAll(original));
    });

    it("makes a copy whose rows equal the original's but for names that messages lacked", async () => {
      await play(daemon, coding, messagesOf(coding, false));
      expect(await send(original, copy.url)).to.deep.equal(whole({ stored: 9 }));
      expect(await readAllButContents(copy.options.db)).to.deep.equal(await readAllButContents(original));
      const [, messages] = await readAll(copy.options.db);
      for (const { message_contents: frame } of messages!) expect(codingOf(frame as Buffer)).to.equal(coding);
      await expectDerived(copy.options.db);
      expect(await send(original, copy.url)).to.deep.equal(whole({ duplicates: 9 }));
      // A copy of the copy is its twin.
      const twin = await startDaemon({ db: await engine.makeReadyLocation() });
      expect(await send(copy.options.db, twin.url)).to.deep.equal(whole({ stored: 9 }));
      expect(await readAll(twin.options.db)).to.deep.equal(await readAll(copy.options.db));
    });

    it("changes nothing where it is sent to the database that it comes from", async () => {
      for (const isNamed of [true, false]) {
        await play(daemon, coding, messagesOf(coding, isNamed));
        const before = await readAll(original);
        expect(await send(original, daemon.url)).to.deep.equal(whole({ duplicates: 9 }));
        expect(await readAll(original)).to.deep.equal(before);
      }
      expect(await readRows(original, "select * from rejected_data")).to.deep.equal([]);
    });

    it("puts messages that went to and fro between sessions where they belong", async () => {
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

describe("sendSession", () => {
  let original: string;
  let copy: Daemon;

  const makeFile = async () => `${await temporaryFolder()}/test.db`;
  const offsets = (count: number) => Array.from({ length: count }, (_, index) => index);

  beforeEach(async () => {
    original = await makeFile();
    copy = await startDaemon({ db: await makeFile() });
  });

  it("sends again what was lost with a connection, and stores it once", async () => {
    await writeTimedSession(original, offsets(1000));
    const proxy = await Proxy.start(copy.url);
    let chunks = 0;
    const verdicts = ["cut", "cut the answer"] as const;
    proxy.judge = () => {
      chunks += 1;
      return chunks % 5 === 0 ? verdicts[(chunks / 5) % 2]! : "pass";
    };
    const report = await send(original, proxy.url);
    expect(report).to.include({ failure: undefined });
    expect(report.stored + report.duplicates).to.equal(1000);
    expect(chunks).to.be.above(20);
    proxy.judge = () => "pass";
    expect(await readAllButContents(copy.options.db)).to.deep.equal(await readAllButContents(original));
  });

  it("goes on when the database there can be written again", async () => {
    const { logger, lines } = collectLog();
    const patient = await startDaemon({ db: await makeFile(), busyTimeoutMs: 200, logger });
    await writeTimedSession(original, offsets(10));
    const unlock = await lockWriters(patient.options.db);
    const sending = send(original, patient.url);
    await until(() => lines.some(({ msg }) => msg.startsWith("database failed")));
    await unlock();
    expect(await sending).to.deep.equal(whole({ stored: 10 }));
  });

  it("gives up on a server that cannot be reached, or is lost again and again", async () => {
    await writeTimedSession(original, offsets(10));
    const proxy = await Proxy.start(copy.url);
    proxy.judge = (chunk) => (chunk.toString("latin1").startsWith("GET") ? "pass" : "cut");
    const lost = await send(original, proxy.url);
    expect(lost).to.include({ stored: 0, duplicates: 0 });
    expect(lost.failure).to.match(
      /^The connection to ws:\S+ was lost 6 times in a row.*; send the session again later\.$/,
    );
    await proxy.stop();
    expect((await send(original, proxy.url)).failure).to.match(
      /^ws:\S+ cannot be reached \(.*ECONNREFUSED.*\)/,
    );
  });

  it("says that a server is none of telltale's", async () => {
    await writeTimedSession(original, offsets(10));
    const http = createServer((_request, response) => response.end("hello"));
    const echo = new WebSocketServer({ server: http, path: "/echo" });
    echo.on("connection", (socket) =>
      socket.on("message", (frame) => {
        socket.send(frame as Buffer);
      }),
    );
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    expect((await send(original, `${url}/echo`)).failure).to.include("does not answer as a telltale does");
    expect((await send(original, url)).failure).to.include(
      "cannot be reached (Unexpected server response: 400)",
    );
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });

  it("stops at a setup that is refused, and puts nothing into another session", async () => {
    const session = await writeTimedSession(original, offsets(10));
    await play(copy, "json", [{ type: "setup", session, message: { config_str: config } }]);
    const report = await send(original, copy.url);
    expect(report.failure).to.include("The setup was refused");
    expect(report.refused.map(({ seq }) => seq)).to.deep.equal([1]);
    expect(report).to.include({ stored: 0, duplicates: 0 });
  });

  it("stops where the session is not there and its setup is left out", async () => {
    await writeTimedSession(original, offsets(300));
    const database = await ReadOnlyStore.open(original);
    const session = await findSession(database, "last");
    const replay = new Replay(database, session.unique_id, { filter: { from: "2" } });
    const report = await sendSession(replay, session, copy.url, { signal: never });
    await database.close();
    expect(report.failure).to.include("send it with its setup");
    expect(await readRows(copy.options.db, "select code from rejected_data")).to.deep.equal([
      { code: "unknown_session" },
    ]);
  });

  it("counts what cannot be sent, and what is refused, and goes on", async () => {
    allowDifference("it spoils messages");
    await writeTimedSession(original, offsets(5));
    await execute(original, "update replay_data set message_contents = x'80055d9400' where seq = 2");
    await execute(original, "update replay_data set message_contents = null where seq = 3");
    await execute(
      original,
      `update replay_data set message_contents = ${blob('{"type":"No Type"}')} where seq = 4`,
    );
    const report = await send(original, copy.url);
    expect(report).to.include({ stored: 2, failure: undefined });
    expect(report.refused.map(({ seq }) => seq)).to.deep.equal([2, 3, 4]);
    expect(report.refused[2]?.reason).to.include("`type`");
  });

  it("says which message is too large for the server", async () => {
    allowDifference("it spoils a message");
    const small = await startDaemon({ db: await makeFile(), maximumMessageBytes: 1024 });
    await writeTimedSession(original, offsets(3));
    const large = JSON.stringify({ type: "note", message: "x".repeat(2000) });
    await execute(original, `update replay_data set message_contents = ${blob(large)} where seq = 3`);
    const report = await send(original, small.url);
    expect(report.failure).to.match(/takes no frame as large as one of the messages from [23] to 3/);
  });

  it("sends a live session on as it goes", async () => {
    const live = await startDaemon({ db: original });
    const session = await writeTimedSession(original, offsets(3));
    const database = await ReadOnlyStore.open(original);
    const overview = await findSession(database, session);
    const end = new AbortController();
    const replay = new Replay(database, overview.unique_id, { isFollowing: true });
    const sending = sendSession(replay, overview, copy.url, { signal: end.signal });
    const client = await Client.connect(live.url);
    for (let n = 0; n < 5; n += 1) await client.request({ type: "tell", session, message: { outcome: n } });
    await until(async () => (await readRows(copy.options.db, "select * from raw_data")).length === 7);
    end.abort();
    expect(await sending).to.deep.equal(whole({ stored: 8 }));
    await database.close();
    expect(await readAllButContents(copy.options.db)).to.deep.equal(await readAllButContents(original));
  });

  it("begins a session of its own with every later setup of an AEPsych session, always the same", async () => {
    allowDifference("it makes a message a setup");
    const session = await writeTimedSession(original, offsets(8));
    const setup = JSON.stringify({
      type: "setup",
      message: { config_str: "[common]\nstimuli_per_trial = 2\n" },
    });
    await execute(
      original,
      `update replay_data set message_type = 'setup', message_contents = ${blob(setup)} where seq = 4`,
    );
    expect(await send(original, copy.url)).to.deep.equal(whole({ stored: 8 }));
    const sessions = "select session_id, last_seq, participant_id from master order by unique_id";
    const [first, second, ...more] = await readRows(copy.options.db, sessions);
    expect(first).to.deep.equal({ session_id: session, last_seq: 3, participant_id: "p1" });
    expect(second).to.include({ last_seq: 5, participant_id: "p1" });
    expect(more).to.deep.equal([]);
    // Its config counts for the tells after it.
    const underivable = "select seq from replay_data where derivation_error is not null order by seq";
    expect(await readRows(copy.options.db, underivable)).to.deep.equal([{ seq: 2 }, { seq: 3 }, { seq: 4 }]);
    expect(await send(original, copy.url)).to.deep.equal(whole({ duplicates: 8 }));
    expect(await readRows(copy.options.db, sessions)).to.deep.equal([first, second]);
  });

  for (const generation of [0, 1, 2, 3]) {
    it(`sends what AEPsych wrote, of generation ${generation}, and names what it cannot send`, async () => {
      allowDifference("AEPsych's own trials are in it");
      const path = await copyOf(fixture(`legacy/generation-${generation}.db`));
      await upgradeFile(path, () => undefined);
      const masters = await readRows(path, "select unique_id, last_seq from master order by unique_id");
      for (const { unique_id: id, last_seq: messages } of masters) {
        const report = await send(path, copy.url, String(id));
        const again = await send(path, copy.url, String(id));
        expect(again).to.deep.equal({ ...report, stored: 0, duplicates: report.stored });
        if (report.failure === undefined) expect(report.stored + report.refused.length).to.equal(messages);
        else expect(report.failure).to.include("send it with its setup");
      }
      const [counted] = await readRows(
        copy.options.db,
        "select count(*) as tells from replay_data where message_type = 'tell'",
      );
      expect(counted?.["tells"]).to.be.above(0);
      await expectDerived(copy.options.db);
    });
  }
});
