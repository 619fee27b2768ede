import { expect } from "chai";
import { type FastifyRequest, fastify } from "fastify";
import type { AddressInfo } from "node:net";
import { ReadSlots, makeServer, serveApi } from "../../src/http/index.js";
import type { Daemon } from "../../src/index.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { aa1, beginSession, get, getLines, tellOf } from "../support/client/http.js";

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

interface OpenApi {
  readonly servers: readonly { readonly url: string }[];
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
}

const readDocument = async (daemon: Daemon) => (await get(daemon, "/api/openapi.json")).json as OpenApi;

/** What stands for the parameters of a path, and those that a query must have. */
const fill = (path: string) =>
  path
    .replace("{session}", "1")
    .replace("{position}", "0")
    .replace(/export$/, "export?all=true&format=ndjson");

type Compile = FastifyRequest["compileValidationSchema"];

/** Runs `work` with fastify's own JSON Schema validator, which it lends to its requests only. */
async function withValidator(work: (compile: Compile) => Promise<void>): Promise<void> {
  const http = fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } });
  http.get("/", async (request) => {
    await work((...schema) => request.compileValidationSchema(...schema));
    return "done";
  });
  await http.listen({ host: "127.0.0.1", port: 0 });
  const { port } = http.server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  const text = await response.text();
  await http.close();
  expect(text).to.equal("done");
}

describeOnEngines("The OpenAPI document", (engine) => {
  it("has every route, with a summary and each parameter of its path", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    const http = makeServer(() => undefined);
    const routes = new Set<string>();
    http.addHook("onRoute", ({ url }) => void routes.add(url.replaceAll(/:(\w+)/g, "{$1}")));
    serveApi(http, {
      archive: daemon.archive,
      boundSessions: () => new Set(),
      readSlots: new ReadSlots(),
      version: "0.1.0",
    });
    await http.ready();
    const { openapi, paths } = await readDocument(daemon);
    expect(openapi).to.equal("3.1.0");
    expect(Object.keys(paths)).to.have.members([...routes]);
    for (const [path, { get: operation }] of Object.entries(paths)) {
      expect(operation.summary, path).to.match(/\.$/);
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
      expect(
        inPath.map(({ name }) => `{${name}}`),
        path,
      ).to.have.members(path.match(/\{\w+\}/g) ?? []);
    }
    await http.close();
  });

  it("names each operation once, and the server that it comes from", async () => {
    const { paths, servers } = await readDocument(
      await startDaemon({ db: await engine.makeReadyLocation() }),
    );
    const names = Object.values(paths).map(({ get: operation }) => operation.operationId ?? "");
    for (const name of names) expect(name).to.match(/^[a-z]+[A-Za-z]*$/);
    expect([...new Set(names)]).to.deep.equal(names);
    expect(servers).to.deep.equal([{ url: "/" }]);
  });

  it("describes the actual answers", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    const stranger = await Client.connect(daemon.url);
    await stranger.request({ type: "ask" });
    const client = await beginSession(daemon, aa1);
    await client.request(tellOf(1));
    await client.request({ type: "tell", message: { config: { x: NaN }, outcome: null }, extra_info: null });
    await client.request({ type: "tell", message: { config: { x: [1, 2] }, outcome: [1, 2, 3] } });
    await client.request({ type: "strat", message: { a: 2n ** 60n } });
    await client.request({ type: "BAD" });
    await withValidator(async (compile) => {
      for (const [path, { get: operation }] of Object.entries((await readDocument(daemon)).paths)) {
        const { content = {} } = operation.responses["200"] ?? {};
        const answer = await get(daemon, fill(path));
        expect(answer, path).to.include({ status: 200 });
        const check = (type: string, value: unknown) => {
          const isValid = compile(content[type]?.schema ?? {});
          expect(isValid(value), `${path}: ${JSON.stringify(isValid.errors)}`).to.equal(true);
        };
        check("application/json", answer.json);
        if (!("application/x-ndjson" in content)) continue;
        const lines = await getLines(daemon, fill(path));
        expect(lines, path).to.not.be.empty;
        for (const line of lines) check("application/x-ndjson", line);
      }
      const refused = (await readDocument(daemon)).paths["/api/sessions"]?.get.responses["4XX"];
      const isError = compile(refused?.content?.["application/json"]?.schema ?? { not: {} });
      expect(isError((await get(daemon, "/api/sessions?limit=0")).json)).to.equal(true);
    });
  });
});
