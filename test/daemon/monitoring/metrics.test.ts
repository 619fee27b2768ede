import { expect } from "chai";
import { errorCodes, messageTypes } from "../../../src/protocol/index.js";
import { Client } from "../../../harness/client.js";
import { startDaemon } from "../../support/daemon/daemon.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { get } from "../../support/client/http.js";
import { readMetrics } from "../../support/daemon/metrics.js";
import { lockWriters } from "../../../harness/rows.js";
import { until } from "../../support/checks/until.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

describeOnEngines("GET /metrics", (engine) => {
  it("counts messages by type, and acknowledgements, in batches", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    await client.request({ ...tell, id: "t1" });
    await client.request({ ...tell, id: "t1" });
    await client.request(tell);
    const metrics = await readMetrics(daemon);
    expect(metrics.get('telltale_messages_total{type="setup"}')).to.equal(1);
    expect(metrics.get('telltale_messages_total{type="tell"}')).to.equal(2);
    expect(metrics.get('telltale_messages_total{type="ask"}')).to.equal(0);
    expect(metrics.get('telltale_acknowledgements_total{kind="new"}')).to.equal(3);
    expect(metrics.get('telltale_acknowledgements_total{kind="duplicate"}')).to.equal(1);
    expect(metrics.get("telltale_batch_messages_sum")).to.equal(4);
    expect(metrics.get("telltale_commit_seconds_count")).to.equal(4);
    expect(metrics.get("telltale_commit_seconds_sum")).to.be.greaterThan(0);
  });

  it("counts what was answered with an error by its code", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    const client = await Client.connect(daemon.url);
    await client.request(tell);
    await client.request(setup);
    await client.request({ type: "tell", message: { config: { x: [1, 2] }, outcome: [1, 2, 3] } });
    await client.request({ ...tell, id: "t1" });
    await client.request({ ...tell, id: "t1", extra_info: { other: true } });
    client.sendFrame("{");
    await client.reply();
    const metrics = await readMetrics(daemon);
    for (const code of ["no_session", "underivable", "conflict", "malformed"])
      expect(metrics.get(`telltale_rejected_total{code="${code}"}`), code).to.equal(1);
    expect(metrics.get('telltale_rejected_total{code="internal"}')).to.equal(0);
  });

  it("reports what waits to be written", async () => {
    const db = await engine.makeReadyLocation();
    const daemon = await startDaemon({ db });
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    const unlock = await lockWriters(db);
    await until(async () => {
      // The first is in a transaction already, and waits no more.
      client.send(tell);
      const metrics = await readMetrics(daemon);
      return metrics.get("telltale_queue_messages")! > 0 && metrics.get("telltale_queue_bytes")! > 1024;
    });
    await unlock();
    await until(async () => (await readMetrics(daemon)).get("telltale_queue_messages") === 0);
    await client.close();
  });

  it("counts what could not be written, and that the database was opened again", async () => {
    const db = await engine.makeReadyLocation();
    const daemon = await startDaemon({ db, busyTimeoutMs: 50 });
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    const unlock = await lockWriters(db);
    expect(await client.request(tell)).to.include({ code: "unavailable" });
    await unlock();
    expect(await (await Client.connect(daemon.url)).request(setup)).to.include({ ok: true });
    const metrics = await readMetrics(daemon);
    expect(metrics.get('telltale_rejected_total{code="unavailable"}')).to.equal(1);
    expect(metrics.get("telltale_database_failures_total")).to.equal(1);
    expect(metrics.get("telltale_database_reopened_total")).to.equal(1);
  });
});

describe("GET /metrics", () => {
  it("takes any number of message types, and has a bounded number of labels", async () => {
    const daemon = await startDaemon();
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    const before = [...(await readMetrics(daemon)).keys()];
    for (let number = 0; number < 50; number += 1) await client.request({ type: `type_${number}` });
    const metrics = await readMetrics(daemon);
    expect([...metrics.keys()]).to.deep.equal(before);
    expect(metrics.get('telltale_messages_total{type="other"}')).to.equal(50);
  });

  it("has every label before anything happens", async () => {
    const metrics = await readMetrics(await startDaemon());
    for (const type of [...messageTypes, "other"])
      expect(metrics.get(`telltale_messages_total{type="${type}"}`)).to.equal(0);
    for (const code of errorCodes) expect(metrics.get(`telltale_rejected_total{code="${code}"}`)).to.equal(0);
  });

  it("names the version of telltale", async () => {
    const metrics = await readMetrics(await startDaemon({ version: "7.8.9" }));
    expect(metrics.get('telltale_build_info{version="7.8.9"}')).to.equal(1);
  });

  it("counts one daemon's messages apart from those of another in the same process", async () => {
    const [first, second] = [await startDaemon(), await startDaemon()];
    await (await Client.connect(first.url)).request(setup);
    expect((await readMetrics(first)).get('telltale_messages_total{type="setup"}')).to.equal(1);
    expect((await readMetrics(second)).get('telltale_messages_total{type="setup"}')).to.equal(0);
  });

  it("counts clients and replays", async () => {
    const daemon = await startDaemon();
    const client = await Client.connect(daemon.url);
    const { session } = await client.request(setup);
    const replay = await Client.connect(`${daemon.url}/replay?session=${String(session)}&follow=true`);
    await replay.reply();
    const metrics = await readMetrics(daemon);
    expect(metrics.get("telltale_clients")).to.equal(1);
    expect(metrics.get("telltale_replays")).to.equal(1);
    await replay.close();
    await client.close();
    await until(async () => (await readMetrics(daemon)).get("telltale_clients") === 0);
    await until(async () => (await readMetrics(daemon)).get("telltale_replays") === 0);
  });

  it("counts how often clients were paused", async () => {
    const daemon = await startDaemon({ maximumQueueBytes: 1 });
    await (await Client.connect(daemon.url)).request(setup);
    expect((await readMetrics(daemon)).get("telltale_queue_full_total")).to.equal(1);
  });

  it("reports on the process and the disk", async () => {
    const daemon = await startDaemon();
    const metrics = await readMetrics(daemon);
    for (const name of [
      "process_resident_memory_bytes",
      "process_cpu_seconds_total",
      "nodejs_eventloop_active_seconds_total",
      "telltale_disk_free_bytes",
    ])
      expect(metrics.get(name), name).to.be.greaterThan(0);
    expect(metrics.get("telltale_wal_bytes")).to.be.at.least(0);
    const later = await readMetrics(daemon);
    expect(later.get("process_cpu_seconds_total")).to.be.at.least(metrics.get("process_cpu_seconds_total")!);
    expect(later.get("process_start_time_seconds")).to.be.closeTo(Date.now() / 1000, 7200);
  });

  it("is in Prometheus' text format", async () => {
    const daemon = await startDaemon();
    const { status, headers, text } = await get(daemon, "/metrics");
    expect(status).to.equal(200);
    expect(headers.get("content-type")).to.equal("text/plain; version=0.0.4; charset=utf-8");
    expect(text).to.match(/^# HELP telltale_messages_total .*\n# TYPE telltale_messages_total counter\n/);
  });
});
