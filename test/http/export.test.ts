import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import { type IncomingMessage, get as request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "csv-parse/sync";
import type { FastifyInstance } from "fastify";
import {
  type DatasetFile,
  streamBidsDataset,
  writeExportFolder,
  zipDataset,
} from "../../src/export/index.js";
import { sendChunks } from "../../src/http/send-chunks.js";
import { makeServer } from "../../src/http/index.js";
import { ReadOnlyStore } from "../../src/database/index.js";
import { chooseSessions } from "../../src/queries/index.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { aa1, aa2, beginSession, get, httpUrl, tellOf } from "../support/client/http.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { until } from "../support/checks/until.js";
import { readZip } from "../support/files/zip.js";

describeOnEngines("GET /api/export", (engine) => {
  /** A daemon with two sessions, the first with two trials. */
  async function start() {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    const client = await beginSession(daemon, aa1);
    await client.request(tellOf(1));
    await client.request({ type: "tell", message: { config: { x: "=1+1" }, outcome: 0 } });
    await beginSession(daemon, aa2, { participant: "../p2" });
    return daemon;
  }

  it("returns the trials of all sessions as a table to download", async () => {
    const { status, headers, text } = await get(await start(), "/api/export?all=true&format=csv");
    expect(status).to.equal(200);
    expect(headers.get("content-type")).to.equal("text/csv; charset=utf-8");
    expect(headers.get("content-disposition")).to.equal('attachment; filename="trials.csv"');
    const rows = parse<Record<string, string>>(text, { columns: true });
    expect(rows.map(({ session_id, x, trial }) => [session_id, x, trial])).to.deep.equal([
      [aa1, "0.125", "1"],
      [aa1, "'=1+1", "2"],
    ]);
  });

  it("returns the trials of the named sessions, and unescaped formulas with raw", async () => {
    const daemon = await start();
    const path = `/api/export?session=last&session=1&session=${aa1}&raw=true&format=tsv`;
    const { text } = await get(daemon, path);
    expect(text.split("\n")).to.have.lengthOf(4);
    expect(text).to.include("\t=1+1\t");
    const { text: none } = await get(daemon, "/api/export?session=last&format=tsv");
    expect(none.trimEnd().split("\n")).to.have.lengthOf(1);
  });

  it("returns the trials of the sessions that a filter selects", async () => {
    const daemon = await start();
    for (const [query, ids] of [
      ["participant=p1&experiment=contrast", [aa1]],
      ["experiment=id:e1&from=2020-01-01&to=9999-01-01", [aa1, aa2]],
    ] as const) {
      const { text } = await get(daemon, `/api/export?${query}&format=messages`);
      const lines = text.trimEnd().split("\n");
      const found = lines.map((line) => (JSON.parse(line) as { session_id: string }).session_id);
      expect([...new Set(found)], query).to.deep.equal(ids);
    }
  });

  it("returns chosen columns, with metadata and for Excel", async () => {
    const path = `/api/export?session=1&format=csv&columns=trial,x&columns=lab&with_metadata=true`;
    const { text } = await get(await start(), `${path}&excel=true&decimal_comma=true`);
    // fetch leaves out the byte order mark.
    expect(text.replace("\uFEFF", "")).to.equal("trial;x;lab\n1;0,125;cellar\n2;'=1+1;cellar\n");
  });

  it("returns trials and messages as JSON lines", async () => {
    const daemon = await start();
    for (const [format, count, fileName] of [
      ["ndjson", 2, "trials.ndjson"],
      ["messages", 4, "messages.ndjson"],
    ] as const) {
      const { text, headers } = await get(daemon, `/api/export?all=true&format=${format}`);
      expect(headers.get("content-disposition")).to.include(fileName);
      const lines = text.trimEnd().split("\n");
      expect(lines.map((line) => JSON.parse(line) as unknown)).to.have.lengthOf(count);
    }
  });

  it("returns a BIDS dataset in a zip file, the same as telltale export writes", async () => {
    const daemon = await start();
    const response = await fetch(`${httpUrl(daemon)}/api/export?all=true&format=bids`, {
      headers: { connection: "close" },
    });
    expect(response.headers.get("content-type")).to.equal("application/zip");
    expect(response.headers.get("content-disposition")).to.equal('attachment; filename="bids.zip"');
    const files = readZip(Buffer.from(await response.arrayBuffer()));
    const folder = join(await temporaryFolder(), "bids");
    const database = await ReadOnlyStore.open(daemon.options.db);
    const sessions = await chooseSessions(database, { filter: {} });
    const { signal } = new AbortController();
    await writeExportFolder(
      folder,
      streamBidsDataset(database, sessions, { version: daemon.options.version }),
      { isForced: false, signal },
    );
    await database.close();
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect([...files.keys()].sort()).to.deep.equal(
      paths.map((path) => `bids${path.slice(folder.length).replaceAll("\\", "/")}`).sort(),
    );
    for (const path of paths) {
      const name = `bids${path.slice(folder.length).replaceAll("\\", "/")}`;
      expect(files.get(name)).to.equal(await readFile(path, "utf8"));
    }
  });

  it("reports what is wrong with a request, without a file", async () => {
    const daemon = await start();
    for (const [query, status, code] of [
      ["format=csv", 400, "bad_argument"],
      ["session=1&all=true&format=csv", 400, "bad_argument"],
      ["all=true", 400, "bad_argument"],
      ["all=true&format=xlsx", 400, "bad_argument"],
      ["all=true&format=ndjson&raw=true", 400, "bad_argument"],
      ["all=true&format=tsv&excel=true", 400, "bad_argument"],
      ["session=last&format=bids", 400, "bad_argument"],
      ["all=true&format=csv&from=1", 400, "bad_argument"],
      ["session=1&participant=p1&format=csv", 400, "bad_argument"],
      ["from=soon&format=csv", 400, "bad_argument"],
      ["participant=nobody&format=csv", 404, "unknown_session"],
      ["session=nobody&format=csv", 404, "unknown_session"],
      ["session=aa0&format=bids", 409, "ambiguous_session"],
    ] as const) {
      const answer = await get(daemon, `/api/export?${query}`);
      expect([query, answer.status]).to.deep.equal([query, status]);
      expect(answer.json).to.include({ code });
      expect(answer.headers.get("content-disposition")).to.equal(null);
    }
  });

  it("names a parameter that is missing", async () => {
    const { json } = await get(await start(), "/api/export?all=true");
    expect(json).to.have.property("message", "The parameter format is missing; see docs/HTTP.md.");
  });

  it("answers 404 for a database without sessions", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    expect(await get(daemon, "/api/export?all=true&format=csv")).to.include({ status: 404 });
  });

  it("reads nothing for a HEAD request", async () => {
    const answer = await get(await start(), "/api/export?all=true&format=csv", {}, "HEAD");
    expect(answer).to.include({ status: 200, text: "" });
    expect(answer.headers.get("content-disposition")).to.include("trials.csv");
  });
});

describe("A zip file over HTTP", () => {
  let http: FastifyInstance;
  let given = 0;
  let isReturned = false;

  async function* endless(): AsyncGenerator<string> {
    for (;;) {
      given += 1;
      yield await Promise.resolve("x".repeat(1024));
    }
  }

  async function* files(): AsyncGenerator<DatasetFile> {
    try {
      yield await Promise.resolve({ path: "small", content: ["a"] });
      yield { path: "endless", content: endless() };
    } finally {
      isReturned = true;
    }
  }

  beforeEach(async () => {
    [given, isReturned] = [0, false];
    http = makeServer((error) => {
      throw error;
    });
    http.get("/zip", (incoming, reply) => sendChunks(incoming, reply, zipDataset(files(), "bids")));
    await http.listen({ host: "127.0.0.1", port: 0 });
  });

  afterEach(async () => {
    http.server.closeAllConnections();
    await http.close();
  });

  it("is read no faster than its client reads, and ends when the client leaves", async () => {
    const port = (http.server.address() as AddressInfo).port;
    const [response] = (await once(
      request(`http://127.0.0.1:${port}/zip`, { headers: { connection: "close" } }),
      "response",
    )) as [IncomingMessage];
    response.on("error", () => undefined);
    let [last, times] = [-1, 0];
    await until(() => {
      times = given === last ? times + 1 : 0;
      last = given;
      return times > 100;
    });
    // What the two sockets hold.
    expect(last).to.be.below(32 * 1024);
    response.resume();
    await until(() => given > last + 1000);
    response.destroy();
    await until(() => isReturned);
  });
});
