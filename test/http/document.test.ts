import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { errorCodes } from "../../src/http/error-answer.js";
import type { Daemon } from "../../src/index.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { get } from "../support/client/http.js";

const path = fileURLToPath(new URL("../../../docs/HTTP.md", import.meta.url));
const page = readFileSync(path, "utf8").replaceAll("\r\n", "\n");

/** The first column of every table under this heading, without backticks. */
function namesOf(text: string, heading: string): string[] {
  const tables = text.match(/(?:^\|.*\|\n)+/gm) ?? [];
  return tables.flatMap((table) => {
    const rows = table
      .split("\n")
      .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));
    const column = rows[0]?.indexOf(heading) ?? -1;
    return column === -1 ? [] : rows.slice(2).flatMap((row) => row[column] ?? []);
  });
}

/** The part of the page from a heading to the next of its level. */
function sectionOf(heading: string): string {
  const [, level = ""] = /^(#+) /.exec(heading) ?? [];
  const start = page.indexOf(`${heading}\n`);
  const end = page.indexOf(`\n${level} `, start + 1);
  return page.slice(start, end === -1 ? undefined : end);
}

/** The daemon whose answers the page shows. */
async function startAsOnThePage(): Promise<Daemon> {
  const daemon = await startDaemon();
  const client = await Client.connect(daemon.url);
  await client.request({
    type: "setup",
    session: "3f2a6c1e-5b0d-4e57-9a51-6f0b8f1c2d3e",
    message: {
      experiment_name: "contrast",
      experiment_id: "pilot",
      participant_id: "P001",
      extra_metadata: { room: "2" },
      config: { common: { parnames: "[contrast]" } },
    },
  });
  const [first, second] = [
    { config: { contrast: [0.25] }, outcome: 1 },
    { config: { contrast: [0.5] }, outcome: null },
  ];
  await client.request({ type: "tell", id: "trial-1", message: first, extra_info: { rt: 0.41 } });
  await client.request({ type: "tell", id: "trial-2", message: second, extra_info: { rt: NaN } });
  await client.request({ type: "strat", message: { model: [1, 2, 3] } });
  client.sendFrame('{"type": "tell"');
  await client.reply();
  return daemon;
}

/** JSON whose times and ports are those of the page. */
function normalise(text: string): unknown {
  return JSON.parse(
    text
      .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"2026-01-31T12:00:00.000Z"')
      .replaceAll(/"127\.0\.0\.1:\d+"/g, '"127.0.0.1:54321"'),
  );
}

describe("HTTP.md", () => {
  it("shows what the daemon answers", async () => {
    const daemon = await startAsOnThePage();
    const examples = [
      ...page.matchAll(
        /^```sh\ncurl '?http:\/\/127\.0\.0\.1:8765([^'\n]+)'?\n```\n\n```(\w+)\n([^]*?)^```$/gm,
      ),
    ];
    expect(examples).to.have.length(page.split("```sh").length - 1);
    for (const [, asked = "", coding, shown = ""] of examples) {
      const { text } = await get(daemon, asked);
      if (coding === "json") expect(normalise(text), asked).to.deep.equal(normalise(shown));
      else
        expect(text.split("\n").slice(0, -1).map(normalise), asked).to.deep.equal(
          shown.split("\n").slice(0, -1).map(normalise),
        );
    }
  });

  it("has a section about each route, with the parameters that it takes", async () => {
    const { json } = await get(await startDaemon(), "/api/openapi.json");
    const { paths } = json as {
      paths: Record<string, { get: { parameters?: { name: string; in: string }[]; responses: object } }>;
    };
    const headings = [...page.matchAll(/^### GET (.*)$/gm)].map(([, route]) => route);
    expect(headings).to.have.members(Object.keys(paths));
    const ofLists = namesOf(sectionOf("## Lists"), "Parameter");
    for (const [route, { get: operation }] of Object.entries(paths)) {
      const taken = (operation.parameters ?? []).filter((one) => one.in === "query").map(({ name }) => name);
      const own = namesOf(sectionOf(`### GET ${route}`), "Parameter");
      expect(taken, route).to.have.members(taken.includes("cursor") ? [...own, ...ofLists] : own);
    }
  });

  it("names the error codes, and no others", () => {
    expect(namesOf(page, "Code")).to.have.members(errorCodes);
  });
});
