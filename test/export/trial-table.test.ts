import { expect } from "chai";
import { parse } from "csv-parse/sync";
import { Store } from "../../src/database/index.js";
import { Database } from "../../src/library/index.js";
import { streamExport } from "../../src/export/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { writeSession } from "../support/database/write-session.js";
import { collectText } from "../support/checks/collect.js";
import { rejection } from "../support/checks/rejection.js";

const read = (text: string, delimiter = ",") => parse(text, { delimiter });

const own = [
  "session_id",
  "experiment_name",
  "experiment_id",
  "participant_id",
  "trial",
  "seq",
  "timestamp",
  "occurred_at",
  "clock_uncertainty_ms",
  "model_data",
];

describeOnEngines("A table of trials", (engine) => {
  let database: Store;

  beforeEach(async () => {
    database = await Store.open(await engine.makeReadyLocation());
  });

  afterEach(() => database.close());

  it("has a row for each trial, with its session, parameters, outcomes and extra data", async () => {
    const session = await writeSession(database, {
      name: "contrast",
      participant: "p1",
      tells: [
        { config: { x: [0.1, -2] }, outcome: [1, 0], rt: 0.5, keys: ["a"] },
        { config: { y: true }, outcome: { seen: "yes" }, model_data: false },
      ],
    });
    const [headings, ...rows] = read(await collectText(streamExport(database, [session], "csv")));
    expect(headings).to.deep.equal([...own, "x", "y", "outcome", "seen", "rt", "keys"]);
    const start = [session.session_id, "contrast", session.experiment_id, "p1"];
    expect(rows.map((row) => row.map((cell, index) => (index === 6 ? "" : cell)))).to.deep.equal([
      [...start, "1", "2", "", "", "", "true", "0.1", "", "1", "", "0.5", '["a"]'],
      [...start, "2", "2", "", "", "", "true", "-2", "", "0", "", "0.5", '["a"]'],
      [...start, "3", "3", "", "", "", "false", "", "true", "", "yes", "", ""],
    ]);
    expect(rows[0]?.[6]).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it("has the columns of all sessions, in the same order every time", async () => {
    const sessions = [
      await writeSession(database, { tells: [{ config: { b: 1 }, outcome: 1, note: "n" }] }),
      await writeSession(database, { tells: [{ config: { a: 2, b: 3 }, outcome: { other: 1 } }] }),
      await writeSession(database),
    ];
    const text = await collectText(streamExport(database, sessions, "csv"));
    const [headings, first, second, ...more] = read(text).map((row) => row.slice(own.length));
    expect(headings).to.deep.equal(["b", "a", "outcome", "other", "note"]);
    expect(first).to.deep.equal(["1", "", "1", "", "n"]);
    expect(second).to.deep.equal(["3", "2", "", "1", ""]);
    expect(more).to.deep.equal([]);
    expect(await collectText(streamExport(database, sessions, "csv"))).to.equal(text);
  });

  it("has only headings for a session without trials", async () => {
    const text = await collectText(streamExport(database, [await writeSession(database)], "tsv"));
    expect(text).to.equal(`${own.join("\t")}\n`);
  });

  it("gives unique headings to names that are taken or differ only in case", async () => {
    const config = { trial: 1, X: 2, x: 3, "": 4, session_id: 5 };
    const session = await writeSession(database, { tells: [{ config, outcome: { x: 6 }, x: 7 }] });
    const [headings, row] = read(await collectText(streamExport(database, [session], "csv")));
    expect(new Set(headings?.map((heading) => heading.toLowerCase())).size).to.equal(headings?.length);
    expect(Object.fromEntries(headings!.map((heading, index) => [heading, row?.[index]]))).to.include({
      parameter_trial: "1",
      X: "2",
      parameter_x: "3",
      parameter: "4",
      parameter_session_id: "5",
      outcome_x: "6",
      extra_data_x: "7",
    });
  });

  it("omits trials that arrive after its columns were found", async () => {
    const many = Array.from({ length: 2000 }, (_, index) => index);
    const first = await writeSession(database, { tells: [{ config: { x: many }, outcome: many }] });
    const second = await writeSession(database, { tells: [{ config: { x: 1 }, outcome: 1 }] });
    const pieces = streamExport(database, [first, second], "csv");
    let text = (await pieces.next()).value ?? "";
    const [master] = (await Database.over(database).getMasterRecords()).slice(1);
    await Database.over(database).recordMessage(master!, "tell", {
      message: { config: { late: 1 }, outcome: 0 },
    });
    text += await collectText(pieces);
    const rows = read(text);
    expect(rows[0]).not.to.include("late");
    expect(rows.filter(([id]) => id === second.session_id)).to.have.lengthOf(1);
  });

  it("distinguishes no response from an empty text", async () => {
    const session = await writeSession(database, { tells: [{ config: { x: "", y: null }, outcome: null }] });
    const text = await collectText(streamExport(database, [session], "csv"));
    expect(text.trimEnd().endsWith(',true,"",,')).to.equal(true);
  });

  it("has first the parameters and outcomes that the config names, also those that no trial has", async () => {
    const config = {
      common: { parnames: "[b, a]", outcome_names: "[seen, rt]" },
    };
    const tell = { config: { a: 1, z: 2 }, outcome: { rt: 3, other: 4 }, note: 5 };
    const [answered, silent] = [
      await writeSession(database, { config, tells: [tell] }),
      await writeSession(database, { config }),
    ];
    for (const [session, more, row] of [
      [answered, ["z", "seen", "rt", "other", "note"], ["", "1", "2", "", "3", "4", "5"]],
      [silent, ["seen", "rt"], undefined],
    ] as const) {
      const [headings, found] = read(await collectText(streamExport(database, [session], "csv")));
      expect(headings?.slice(own.length)).to.deep.equal(["b", "a", ...more]);
      expect(found?.slice(own.length)).to.deep.equal(row);
    }
  });

  it("has a column for each stimulus of a parameter that the config names", async () => {
    const config = { common: { parnames: "[x]", stimuli_per_trial: "2" } };
    const session = await writeSession(database, { config });
    const text = await collectText(streamExport(database, [session], "tsv"));
    expect(text).to.match(/\tmodel_data\tx_stimuli0\tx_stimuli1\n$/);
  });

  it("has the session's metadata beside each trial withMetadata, without renaming a column of the trial", async () => {
    const config = { metadata: { age: "23", x: "room" } };
    const description = "Which side?";
    const session = await writeSession(database, {
      config,
      description,
      tells: [{ config: { x: 1 }, outcome: 0 }],
    });
    const text = await collectText(streamExport(database, [session], "csv", { withMetadata: true }));
    const [headings, row] = read(text).map((cells) => cells.slice(own.length));
    expect(headings).to.deep.equal(["x", "outcome", "experiment_description", "age", "metadata_x"]);
    expect(row).to.deep.equal(["1", "0", description, "23", "room"]);
  });

  it("has the chosen columns in their order, and refuses an unknown one", async () => {
    const session = await writeSession(database, { tells: [{ config: { x: 1, "a,b": 2 }, outcome: 0 }] });
    const text = (columns: string[]) =>
      collectText(streamExport(database, [session], "csv", { columns, isRaw: true }));
    expect(await text(["outcome, trial", "a,b"])).to.equal('outcome,trial,"a,b"\n0,1,2\n');
    expect(await rejection(text(["trial,y"]))).to.include({ code: "bad_argument" });
  });

  it("is for Excel with a byte order mark, and for some countries with semicolons and decimal commas", async () => {
    const tell = { config: { x: -0.5, t: "-0.5", big: 1e21 }, outcome: 0.25 };
    const session = await writeSession(database, { participant: "Zoë;1", tells: [tell] });
    const columns = ["participant_id", "x", "t", "big", "outcome"];
    const options = { columns, isForExcel: true, hasDecimalComma: true };
    expect(await collectText(streamExport(database, [session], "csv", options))).to.equal(
      '\uFEFFparticipant_id;x;t;big;outcome\n"Zoë;1";-0,5;-0,5;1e+21;0,25\n',
    );
  });

  it("shows the text of digits, and U+FFFD for U+0000 and lone surrogates", async () => {
    const nul = "a\0b\ud800";
    const tell = { config: { x: "0412" }, outcome: "0412", key: nul, [nul]: 1 };
    const session = await writeSession(database, { tells: [tell] });
    const text = await collectText(streamExport(database, [session], "csv"));
    expect(text).not.to.include("\0");
    const [headings, row] = read(Buffer.from(text).toString()).map((cells) => cells.slice(own.length));
    expect(headings).to.deep.equal(["x", "outcome", "key", "a\uFFFDb\uFFFD"]);
    expect(row).to.deep.equal(["0412", "0412", "a\uFFFDb\uFFFD", "1"]);
  });

  it("keeps every number, and escapes every formula, in headings too", async () => {
    const config = {
      number: [-1.5],
      small: [-0],
      formula: ["=1+1"],
      "=cmd": ["+1+1"],
      minus: ["-1+1"],
      at: ["@SUM(A1)"],
      tab: ["\t=1"],
      plain: ["a=b"],
    };
    const session = await writeSession(database, {
      participant: "=HYPERLINK(A1)",
      tells: [{ config, outcome: -3, big: -(2n ** 70n) }],
    });
    const cells = async (isRaw: boolean) => {
      const rows = read(await collectText(streamExport(database, [session], "csv", { isRaw })));
      return rows.map((row) => [row[3], ...row.slice(own.length)]);
    };
    const names = ["number", "small", "formula", "=cmd", "minus", "at", "tab", "plain", "outcome", "big"];
    const texts = [
      "-1.5",
      "-0",
      "=1+1",
      "+1+1",
      "-1+1",
      "@SUM(A1)",
      "\t=1",
      "a=b",
      "-3",
      "-1180591620717411303424",
    ];
    const raw = await cells(true);
    expect(raw[0]).to.deep.equal(["participant_id", ...names]);
    expect(raw[1]).to.deep.equal(["=HYPERLINK(A1)", ...texts]);
    const safe = await cells(false);
    expect(safe[0]).to.deep.equal([
      "participant_id",
      ...names.map((name) => (name === "=cmd" ? "'=cmd" : name)),
    ]);
    expect(safe[1]).to.deep.equal([
      "'=HYPERLINK(A1)",
      "-1.5",
      "-0",
      "'=1+1",
      "'+1+1",
      "'-1+1",
      "'@SUM(A1)",
      "'\t=1",
      "a=b",
      "-3",
      "-1180591620717411303424",
    ]);
  });
});

describe("A table of trials", () => {
  it("has 10,000 columns for 10,000 names", async () => {
    const { temporaryFolder } = await import("../../harness/temporary-folder.js");
    const database = await Store.open(`${await temporaryFolder()}/test.db`);
    const names = Array.from({ length: 10_000 }, (_, index) => `name ${index}`);
    const half = (from: number, to: number) =>
      Object.fromEntries(names.slice(from, to).map((name) => [name, from]));
    const session = await writeSession(database, {
      tells: [
        { config: half(0, 5000), outcome: 1 },
        { config: half(5000, 10_000), outcome: 0 },
      ],
    });
    const [headings, first, second] = read(await collectText(streamExport(database, [session], "csv")));
    await database.close();
    expect(headings).to.deep.equal([...own, ...names, "outcome"]);
    expect(first?.filter((cell) => cell === "0")).to.have.lengthOf(5000);
    expect(second?.filter((cell) => cell === "5000")).to.have.lengthOf(5000);
  });
});
