import { rm } from "node:fs/promises";
import { expect } from "chai";
import type { Daemon, DaemonOptions } from "../../../src/index.js";
import { until } from "../../support/checks/until.js";
import { collectLog, startDaemon } from "../../support/daemon/daemon.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { execute, lockWriters, readRows } from "../../../harness/rows.js";

async function get(daemon: Daemon, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`${daemon.url.replace("ws:", "http:")}${path}`, {
    headers: { connection: "close" },
  });
  return { status: response.status, body: await response.text() };
}

describeOnEngines("GET /healthz", (engine) => {
  const start = async (options: Partial<DaemonOptions> = {}) =>
    startDaemon({ db: await engine.makeReadyLocation(), ...options });

  it("answers 200 with a report while a message would be stored", async () => {
    const daemon = await start({ version: "7.8.9" });
    const { status, body } = await get(daemon, "/healthz");
    expect(status).to.equal(200);
    const report = JSON.parse(body) as Record<string, unknown>;
    expect(report).to.include({
      ok: true,
      version: "7.8.9",
      database: daemon.database.name,
      queued_bytes: 0,
    });
    expect(report["engine"])
      .to.be.a("string")
      .that.matches(new RegExp(`^${engine.name} `));
    expect(report).not.to.have.any.keys("error", "warning");
  });

  it("answers 503 with the reason while a message would not be stored", async () => {
    const daemon = await start({ busyTimeoutMs: 20 });
    const unlock = await lockWriters(daemon.options.db);
    const { status, body } = await get(daemon, "/healthz");
    await unlock();
    expect(status).to.equal(503);
    expect(JSON.parse(body))
      .to.include({ ok: false })
      .and.to.have.property("error")
      .that.includes("could not be written");
  });

  it("writes no row", async () => {
    const daemon = await start();
    await get(daemon, "/healthz");
    for (const table of ["master", "replay_data", "rejected_data"]) {
      expect(await readRows(daemon.options.db, `select * from ${table}`)).to.deep.equal([]);
    }
  });
});

describe("GET /healthz of a daemon with a SQLite file", () => {
  it("answers 503 when the file was deleted, and 200 after it opened a new one", async () => {
    const { logger, lines } = collectLog();
    const daemon = await startDaemon({ logger });
    await rm(daemon.options.db);
    expect((await get(daemon, "/healthz")).status).to.equal(503);
    await until(async () => (await get(daemon, "/healthz")).status === 200);
    const { body } = await get(daemon, "/healthz");
    expect(JSON.parse(body))
      .to.have.property("warning")
      .that.matches(/A write failed \d+ s ago/);
    expect(lines.map(({ msg }) => msg)).to.include(
      "files of the database were replaced: what they held was copied",
    );
  });

  it("answers 503 when a table for messages cannot be written", async () => {
    const daemon = await startDaemon();
    await execute(daemon.options.db, "drop table rejected_data");
    expect((await get(daemon, "/healthz")).status).to.equal(503);
  });

  it("reports the free space of the disk", async () => {
    const { body } = await get(await startDaemon(), "/healthz");
    expect(JSON.parse(body)).to.have.property("free_bytes").that.is.a("number").above(0);
  });

  it("warns when the disk is nearly full, and once in the log", async () => {
    const { logger, lines } = collectLog();
    const daemon = await startDaemon({ lowDiskBytes: Number.MAX_SAFE_INTEGER, logger });
    const { status, body } = await get(daemon, "/healthz");
    expect(status).to.equal(200);
    expect(JSON.parse(body)).to.have.property("warning").that.includes("MB are free");
    expect(lines.filter(({ msg }) => msg.includes("MB are free"))).to.have.length(1);
  });
});
