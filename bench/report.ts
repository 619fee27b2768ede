import type { Beside, Reader } from "./beside.js";
import type { Ceiling } from "./ceiling.js";
import type { EndToEnd } from "./end-to-end.js";
import type { Idle } from "./idle.js";
import type { Load } from "../harness/load/run-load.js";
import type { Series } from "./series.js";
import { formatNumber, renderTable } from "../harness/table.js";
import type { WholeExport } from "./whole-export.js";

/** The results of one engine: the bare driver's and the daemon's. */
export interface EngineResults {
  /** The bare driver with one tell a transaction. */
  readonly single: Series<Ceiling>;
  /** The bare driver with {@link batch} tells a transaction: the ceiling. */
  readonly batched: Series<Ceiling>;
  readonly batch: number;
  readonly cells: readonly { readonly load: Load; readonly series: Series<EndToEnd> }[];
}

/** All results of a run; on SQLite unless stated otherwise. */
export interface Results extends EngineResults {
  /** A Markdown list. */
  readonly machine: string;
  readonly rounds: number;
  /** The duration of each load. */
  readonly seconds: number;
  readonly postgres: EngineResults & { readonly version: string };
  /** The same load on a new database and on a database with many messages. */
  readonly empty: Series<EndToEnd>;
  readonly full: Series<EndToEnd>;
  readonly fullLoad: Load;
  /** The initial number of replay rows in the full database. */
  readonly fullRows: number;
  /** A steady load on the full database, while a reader reads every row. */
  readonly beside: readonly { readonly reader: Reader; readonly series: Series<Beside> }[];
  /** Exports of the full database in each format; measured once. */
  readonly exports: readonly { readonly format: string; readonly series: Series<WholeExport> }[];
  readonly startUpOnNone: Series<number>;
  readonly startUpOnFull: Series<number>;
  readonly idle: Idle;
  readonly idleConnections: number;
  readonly idleSeconds: number;
}

/** The results as Markdown, from the machine to the last table. */
export function renderReport(results: Results): string {
  const sections = [
    `${results.machine}\n- Every number is the median of ${results.rounds} rounds, ${results.seconds} s each`,
    `### Ceiling\n\n${renderCeiling(results)}`,
    `### End to end\n\n${renderCells(results)}`,
    `### Empty and full database\n\n${renderFull(results)}`,
    `### Reading while messages are written\n\n${renderBeside(results)}`,
    `### Exports\n\n${renderExports(results)}`,
    `### Start-up and idling\n\n${renderStartUp(results)}`,
    `### PostgreSQL\n\n${renderPostgres(results.postgres)}`,
    renderRemarks(results),
  ];
  return `${sections.join("\n\n")}\n`;
}

const tellsPerSecond = (result: Ceiling | EndToEnd) => result.tellsPerSecond;
const p50Ms = (result: Ceiling | EndToEnd) => result.p50Ms;
const p99Ms = (result: EndToEnd) => result.p99Ms;
const peakMemoryMb = (result: EndToEnd) => result.peakMemoryMb;

function renderCeiling({ single, batched, batch }: EngineResults): string {
  const row = (name: string, series: Series<Ceiling>) => [
    name,
    formatNumber(series.median(tellsPerSecond)),
    formatNumber(series.median(p50Ms), 2),
  ];
  return renderTable(
    [">tells a transaction", ">tells/s", ">p50 of a transaction, ms"],
    [row("1", single), row(String(batch), batched)],
  );
}

function renderCells({ cells, single, batched }: EngineResults): string {
  const ceiling = batched.median(tellsPerSecond);
  const bareMs = single.median(p50Ms);
  const rows = cells.map(({ load, series }) => {
    const { connections, inFlight, coding } = load;
    // With more than one tell in flight, the latency includes queueing and cannot be compared with a transaction's.
    const isAlone = connections * inFlight === 1;
    return [
      `${connections} × ${inFlight}`,
      coding === "json" ? "JSON" : "MessagePack",
      formatNumber(series.median(tellsPerSecond)),
      formatNumber(series.median(p50Ms), 2),
      formatNumber(series.median(p99Ms), 2),
      formatNumber(series.median(tellsPerSecond) / ceiling, 2),
      isAlone ? `${formatNumber(series.median(p50Ms) / bareMs, 2)} ×` : "",
      formatNumber(series.median(peakMemoryMb)),
    ];
  });
  return renderTable(
    [
      "connections × in flight",
      "coding",
      ">tells/s",
      ">p50, ms",
      ">p99, ms",
      ">of the ceiling",
      ">p50 to bare p50",
      ">peak memory, MB",
    ],
    rows,
  );
}

function renderPostgres(results: Results["postgres"]): string {
  const server = `PostgreSQL ${results.version} on the same machine, with \`fsync\` and \`synchronous_commit\` on.`;
  return [server, renderCeiling(results), renderCells(results)].join("\n\n");
}

function renderFull({ empty, full, fullLoad, fullRows }: Results): string {
  const difference = full.median(tellsPerSecond) / empty.median(tellsPerSecond) - 1;
  const row = (name: string, series: Series<EndToEnd>, note: string) => [
    name,
    formatNumber(series.median(tellsPerSecond)),
    note,
    formatNumber(series.median(p50Ms), 2),
    formatNumber(series.median(p99Ms), 2),
    formatNumber(series.median(peakMemoryMb)),
  ];
  const { connections, inFlight } = fullLoad;
  return renderTable(
    [
      `database (${connections} × ${inFlight}, JSON)`,
      ">tells/s",
      ">difference",
      ">p50, ms",
      ">p99, ms",
      ">peak memory, MB",
    ],
    [
      row("empty", empty, ""),
      row(
        `${formatNumber(fullRows)} messages`,
        full,
        `${difference > 0 ? "+" : ""}${formatNumber(100 * difference, 1)} %`,
      ),
    ],
  );
}

function renderBeside({ beside }: Results): string {
  return renderTable(
    ["who reads", ">tells/s", ">p50, ms", ">p99, ms", ">rows read/s", ">peak memory, MB"],
    beside.map(({ reader, series }) => [
      reader,
      formatNumber(series.median(tellsPerSecond)),
      formatNumber(series.median(p50Ms), 2),
      formatNumber(series.median(p99Ms), 2),
      reader === "the daemon" ? formatNumber(series.median((result) => result.readPerSecond)) : "",
      formatNumber(series.median(peakMemoryMb)),
    ]),
  );
}

function renderExports({ exports, fullRows }: Results): string {
  return renderTable(
    ["format", ">s", ">rows/s", ">peak memory, MB"],
    exports.map(({ format, series }) => {
      const seconds = series.median((result) => result.seconds);
      return [
        format,
        formatNumber(seconds, 1),
        formatNumber(fullRows / seconds),
        formatNumber(series.median((result) => result.peakMemoryMb)),
      ];
    }),
  );
}

function renderStartUp(results: Results): string {
  const { startUpOnNone, startUpOnFull, fullRows, idle, idleConnections, idleSeconds } = results;
  const ms = (startUpMs: number) => startUpMs;
  return renderTable(
    ["what", ">ms"],
    [
      ["start-up without a database", formatNumber(startUpOnNone.median(ms))],
      [
        `start-up on the one that began with ${formatNumber(fullRows)} messages`,
        formatNumber(startUpOnFull.median(ms)),
      ],
      [
        `CPU time in ${idleSeconds} s with ${idleConnections} idle clients (measured once)`,
        formatNumber(idle.cpuMs ?? NaN),
      ],
    ],
  );
}

/** Observations over all rounds, not medians. */
function renderRemarks({ cells, postgres, empty, full }: Results): string {
  const all = [...[...cells, ...postgres.cells].map(({ series }) => series), empty, full].flatMap(
    (series) => series.results,
  );
  const peak = Math.max(...all.map((result) => result.peakMemoryMb ?? NaN));
  const warnings = [...new Set(all.flatMap((result) => result.warnings))];
  return [
    `The largest peak memory of any daemon in any round was ${formatNumber(peak)} MB.`,
    warnings.length === 0
      ? "No daemon logged a warning."
      : `Daemons warned:\n\n${warnings.map((warning) => `- ${warning}`).join("\n")}`,
  ].join(" ");
}
