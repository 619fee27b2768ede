// Runs the whole benchmark: `npm run bench`. bench/README.md describes the measurements.
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { BareDriver } from "./bare-driver.js";
import { BarePostgres } from "./bare-postgres.js";
import { type Reader, measureBeside } from "./beside.js";
import { measureCeiling } from "./ceiling.js";
import { killChildren } from "../harness/child-processes.js";
import { measureEndToEnd } from "./end-to-end.js";
import { fillDatabase } from "./fill.js";
import { measureIdle } from "./idle.js";
import { describeMachine } from "./machine.js";
import { PostgresDatabases } from "../harness/postgres/databases.js";
import { type Results, renderReport } from "./report.js";
import type { Load } from "../harness/load/run-load.js";
import { Series, measureInRounds } from "./series.js";
import { measureStartUp } from "./start-up.js";
import { TemporaryDatabases } from "../harness/temporary-databases.js";
import { measureExport } from "./whole-export.js";

const defaultSeconds = 3;
const defaultRounds = 5;
const batch = 256;
const shapes = [
  { connections: 1, inFlight: 1 },
  { connections: 10, inFlight: 16 },
  { connections: 50, inFlight: 32 },
  { connections: 200, inFlight: 1 },
];
const loads = shapes.flatMap((shape): Load[] => [
  { ...shape, coding: "json" },
  { ...shape, coding: "messagepack" },
]);
const fullLoad: Load = { connections: 50, inFlight: 32, coding: "json" };
/** A million tells and a thousand setups. */
const filling = { sessions: 1000, atOnce: 50, tellsPerSession: 1000 };
const steadyLoad: Load = { connections: 10, inFlight: 1, coding: "json", tellsPerSecond: 2000 };
const readers: Reader[] = ["nobody", "the daemon", "the command line"];
/** Long enough for a reader in the daemon to read most of the database. */
const steadySeconds = 20;
const exportFormats = ["csv", "ndjson", "messages", "bids"];
const idleConnections = 50;
/** The daemon's ping interval, so that the time always includes exactly one ping of each client. */
const idleSeconds = 20;

const readme = new URL("../../bench/README.md", import.meta.url);
const marker = "<!-- results -->";

const flags = parseArgs({
  options: {
    seconds: { type: "string", default: String(defaultSeconds) },
    rounds: { type: "string", default: String(defaultRounds) },
    write: { type: "boolean", default: false },
  },
}).values;
const seconds = Number(flags.seconds);
const rounds = Number(flags.rounds);
if (!(seconds > 0) || !Number.isInteger(rounds) || rounds < 1) {
  throw new Error("--seconds must be a number above 0, and --rounds a whole number from 1.");
}

const databases = await TemporaryDatabases.make();
const postgres = new PostgresDatabases();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void cleanUp().finally(() => process.exit(1));
  });
}
try {
  const report = renderReport(await measureAll());
  process.stdout.write(report);
  if (flags.write) await writeIntoReadme(report);
} finally {
  await cleanUp();
}

async function measureAll(): Promise<Results> {
  const machine = await describeMachine(databases.folder);
  const ceilingOf = (size: number) =>
    new Series(`bare driver, ${size} a transaction`, () =>
      databases.withNew((path) => measureCeiling(BareDriver.open(path), size, seconds)),
    );
  const single = ceilingOf(1);
  const batched = ceilingOf(batch);
  const endToEndOf = (load: Load) =>
    new Series(`${load.connections} × ${load.inFlight}, ${load.coding}`, () =>
      databases.withNew((path) => measureEndToEnd(path, load, seconds)),
    );
  const cells = loads.map((load) => ({ load, series: endToEndOf(load) }));
  await measureInRounds(rounds, [single, batched, ...cells.map(({ series }) => series)], noteProgress);

  const onPostgres = await measurePostgres();

  noteProgress("filling a database");
  const fullPath = databases.newPath();
  const fullRows = await fillDatabase(fullPath, filling);
  const empty = new Series("empty database", endToEndOf(fullLoad).measure);
  const full = new Series("full database", () => measureEndToEnd(fullPath, fullLoad, seconds));
  await measureInRounds(rounds, [empty, full], noteProgress);

  const exports = exportFormats.map((format) => ({
    format,
    series: new Series(`export as ${format}`, () => measureExport(fullPath, format)),
  }));
  await measureInRounds(
    1,
    exports.map(({ series }) => series),
    noteProgress,
  );
  const beside = readers.map((reader) => ({
    reader,
    series: new Series(`steady load while ${reader} reads`, () =>
      measureBeside(fullPath, steadyLoad, steadySeconds, reader),
    ),
  }));
  await measureInRounds(
    Math.min(rounds, 3),
    beside.map(({ series }) => series),
    noteProgress,
  );

  const startUpOnNone = new Series("start-up without a database", () => databases.withNew(measureStartUp));
  const startUpOnFull = new Series("start-up on the full database", () => measureStartUp(fullPath));
  await measureInRounds(rounds, [startUpOnNone, startUpOnFull], noteProgress);

  noteProgress("idling");
  const idle = await databases.withNew((path) => measureIdle(path, idleConnections, idleSeconds));

  return {
    machine,
    rounds,
    seconds,
    single,
    batched,
    batch,
    cells,
    postgres: onPostgres,
    empty,
    full,
    fullLoad,
    fullRows,
    exports,
    beside,
    startUpOnNone,
    startUpOnFull,
    idle,
    idleConnections,
    idleSeconds,
  };
}

async function measurePostgres(): Promise<Results["postgres"]> {
  const ceilingOf = (size: number) =>
    new Series(`PostgreSQL, bare driver, ${size} a transaction`, () =>
      postgres.withNew((url) => measureCeiling(BarePostgres.open(url), size, seconds)),
    );
  const single = ceilingOf(1);
  const batched = ceilingOf(batch);
  const cells = loads.map((load) => ({
    load,
    series: new Series(`PostgreSQL, ${load.connections} × ${load.inFlight}, ${load.coding}`, () =>
      postgres.withNew((url) => measureEndToEnd(url, load, seconds)),
    ),
  }));
  await measureInRounds(rounds, [single, batched, ...cells.map(({ series }) => series)], noteProgress);
  return { version: await postgres.readVersion(), single, batched, batch, cells };
}

async function cleanUp(): Promise<void> {
  await killChildren();
  await postgres.remove();
  await databases.remove();
}

/** Reports progress on stderr, so that stdout has only the report. */
function noteProgress(what: string): void {
  process.stderr.write(`${what}\n`);
}

async function writeIntoReadme(report: string): Promise<void> {
  const text = await readFile(readme, "utf8");
  const end = text.indexOf(marker);
  if (end === -1) throw new Error(`bench/README.md has no line ${marker} to write the results below.`);
  await writeFile(readme, `${text.slice(0, end)}${marker}\n\n${report}`);
}
