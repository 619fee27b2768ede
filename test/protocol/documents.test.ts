import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { DerivationError, type Trial, deriveTrials } from "../../src/derivation/index.js";
import {
  type Value,
  describeProtocol,
  errorCodes,
  isRetryable,
  messageTypes,
  parseJson,
} from "../../src/protocol/index.js";
import {
  maximumContainers,
  maximumDepth,
  maximumIntegerDigits,
  maximumValues,
} from "../../src/protocol/value.js";

const read = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url)), "utf8");

const page = read("PROTOCOL.md").replaceAll("\r\n", "\n");

/** The rows of every table of the page whose first column has this heading: cell by cell, without backticks. */
function tablesOf(heading: string): string[][] {
  const tables = page.match(/(?:^\|.*\|\n)+/gm) ?? [];
  return tables.flatMap((table) => {
    const rows = table
      .trimEnd()
      .split("\n")
      .map((line) =>
        line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim().replace(/^`(.*)`$/, "$1")),
      );
    return rows[0]?.[0] === heading ? rows.slice(2) : [];
  });
}

/** The names of all members that a JSON Schema describes, however deep. */
function membersOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const properties = "properties" in schema ? Object.keys(schema.properties as object) : [];
  return [...properties, ...Object.values(schema).flatMap(membersOf)];
}

describe("protocol.schema.json", () => {
  it("matches the code; `npm run schema` regenerates it", () => {
    expect(JSON.parse(read("protocol.schema.json"))).to.deep.equal(
      JSON.parse(JSON.stringify(describeProtocol())),
    );
  });
});

describe("PROTOCOL.md", () => {
  it("has a section for each message type and each error code", () => {
    const sections = [...page.matchAll(/^### (.*)$/gm)].map(([, title]) => title);
    expect(sections).to.include.members([...messageTypes, ...errorCodes]);
  });

  it("lists exactly the members of requests and replies in the code", () => {
    const named = new Set(tablesOf("Member").map(([name]) => name));
    expect([...named]).to.have.members([...new Set(membersOf(describeProtocol()))]);
  });

  it("lists exactly the error codes in the code", () => {
    expect(tablesOf("Code").map(([name]) => name)).to.deep.equal(errorCodes);
  });

  it("states which errors are retryable", () => {
    const helps = tablesOf("Code").map(([, , retry]) => retry);
    expect(helps).to.deep.equal(errorCodes.map((code) => String(isRetryable(code))));
  });

  it("lists the limits in the code", () => {
    const limits = tablesOf("What").map(([, limit]) => limit?.split(" ")[0]);
    for (const limit of [maximumDepth, maximumContainers, maximumIntegerDigits, maximumValues]) {
      expect(limits).to.include(limit.toLocaleString("en-US"));
    }
  });

  for (const [stimuli, config, outcome, trials] of tablesOf("S")) {
    it(`shows the trials of a tell with config ${config} and outcome ${outcome} where S is ${stimuli}`, () => {
      const tell = parseJson(`{"config": ${config}, "outcome": ${outcome}}`);
      expect(describeTrials(tell, Number(stimuli))).to.equal(trials);
    });
  }

  for (const [stimuli, config, outcome, trials] of tablesOf("S, `batch: false`")) {
    it(`shows the one trial of a tell with config ${config} and outcome ${outcome} where S is ${stimuli}`, () => {
      const tell = parseJson(`{"config": ${config}, "outcome": ${outcome}}`);
      expect(describeTrials(tell, Number(stimuli), false)).to.equal(trials);
    });
  }

  for (const [value, param, outcome] of tablesOf("Value")) {
    it(`shows how the value ${value} is stored`, () => {
      const tell = parseJson(`{"config": {"x": ${value}}, "outcome": ${value}}`);
      expect(describeTrials(tell, 1)).to.equal(`x=${param} → outcome=${outcome}`);
    });
  }
});

/** The trials of a tell as the page writes them. */
function describeTrials(tell: Value, stimuliPerTrial: number, batch = true): string {
  try {
    const form = { stimuliPerTrial, outcomeNames: [] };
    return deriveTrials(tell, undefined, form, batch).map(describeTrial).join("; ");
  } catch (error) {
    if (error instanceof DerivationError) return `underivable: ${error.message}`;
    throw error;
  }
}

function describeTrial({ params, outcomes }: Trial): string {
  const left = params.map(({ name, value }) => `${name}=${value ?? "NULL"}`);
  const right = outcomes.map(({ name, value, text }) => {
    const cells = [...(value === null ? [] : [value]), ...(text === null ? [] : [`"${text}"`])];
    return `${name}=${cells.length === 0 ? "NULL" : cells.join(" ")}`;
  });
  return `${left.join(", ")} → ${right.join(", ")}`.trim();
}
