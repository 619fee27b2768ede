import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { expect } from "chai";
import { WebSocketServer } from "ws";
import { Proxy } from "../../harness/proxy.js";
import { execute, lockWriters, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { ReadOnlyStore } from "../../src/database/index.js";
import type { Daemon } from "../../src/index.js";
import { findSession } from "../../src/queries/index.js";
import { Replay, sendSession } from "../../src/replay/index.js";
import { allowDifference } from "../support/checks/rebuild.js";
import { until } from "../support/checks/until.js";
import { collectLog, startDaemon } from "../support/daemon/daemon.js";
import { writeTimedSession } from "../support/database/write-timed-session.js";
import { blob, config, never, play, readAllButContents, send, whole } from "./sent-sessions.js";

describe("sendSession, when something fails", () => {
  let original: string;
  let copy: Daemon;

  const makeFile = async () => `${await temporaryFolder()}/test.db`;
  const offsets = (count: number) => Array.from({ length: count }, (_, index) => index);

  beforeEach(async () => {
    original = await makeFile();
    copy = await startDaemon({ db: await makeFile() });
  });

  it("resends what was lost with a connection, and stores it once", async () => {
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

  it("continues when the database of the server can be written again", async () => {
    const { logger, lines } = collectLog();
    const patient = await startDaemon({ db: await makeFile(), busyTimeoutMs: 200, logger });
    await writeTimedSession(original, offsets(10));
    const unlock = await lockWriters(patient.options.db);
    const sending = send(original, patient.url);
    await until(() => lines.some(({ msg }) => msg.startsWith("database failed")));
    await unlock();
    expect(await sending).to.deep.equal(whole({ stored: 10 }));
  });

  it("gives up if the server cannot be reached, or connections keep failing", async () => {
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

  it("reports that the server is not telltale", async () => {
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
    expect((await send(original, `${url}/echo`)).failure).to.include(
      "does not answer like a telltale server",
    );
    expect((await send(original, url)).failure).to.include(
      "cannot be reached (Unexpected server response: 400)",
    );
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });

  it("stops at a refused setup, and adds nothing to another session", async () => {
    const session = await writeTimedSession(original, offsets(10));
    await play(copy, "json", [{ type: "setup", session, message: { config_str: config } }]);
    const report = await send(original, copy.url);
    expect(report.failure).to.include("The setup was refused");
    expect(report.refused.map(({ seq }) => seq)).to.deep.equal([1]);
    expect(report).to.include({ stored: 0, duplicates: 0 });
  });

  it("stops if the server lacks the session and the setup is not sent", async () => {
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

  it("reports messages that cannot be sent or are refused, and continues", async () => {
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

  it("reports which message is too large for the server", async () => {
    allowDifference("it spoils a message");
    const small = await startDaemon({ db: await makeFile(), maximumMessageBytes: 1024 });
    await writeTimedSession(original, offsets(3));
    const large = JSON.stringify({ type: "note", message: "x".repeat(2000) });
    await execute(original, `update replay_data set message_contents = ${blob(large)} where seq = 3`);
    const report = await send(original, small.url);
    expect(report.failure).to.match(/does not accept a frame as large as one of the messages from [23] to 3/);
  });
});
