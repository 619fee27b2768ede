// Injects faults and checks what was lost: `npm run faults`. See faults/README.md.
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { killChildren, signalChildren } from "../harness/child-processes.js";
import { formatNumber, renderTable } from "../harness/table.js";
import { stopProxies } from "../harness/proxy.js";
import { removePostgres } from "../harness/postgres/shared-server.js";
import { unmountSmallDisks } from "../harness/small-disk.js";
import { removeTemporaryFolders } from "../harness/temporary-folder.js";
import type { Fault } from "./fault.js";
import { faults } from "./faults.js";
import { Findings } from "./findings.js";
import { Random } from "./random.js";

/** A fault that takes longer than this is considered stuck. */
const longestMs = 60 * 60 * 1000;

const flags = parseArgs({
  options: {
    rounds: { type: "string" },
    only: { type: "string", multiple: true },
    seed: { type: "string", default: String(Date.now()) },
  },
}).values;
const chosen = faults.filter(({ name }) => flags.only?.includes(name) ?? true);
const rounds = flags.rounds === undefined ? undefined : Number(flags.rounds);
if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
  throw new Error("--rounds must be a whole number from 1.");
if (chosen.length < (flags.only?.length ?? 1))
  throw new Error(`--only takes one of ${faults.map(({ name }) => name).join(", ")}.`);

const folder = await mkdtemp(join(tmpdir(), "telltale-faults-"));
const table: string[][] = [];
const wrong: string[] = [];
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    void endEarly(`Interrupted by ${signal}.`);
  });
}
// The interrupted fault may have started more processes during the cleanup.
process.once("exit", () => {
  signalChildren("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
const watchdog = setTimeout(() => void endEarly("It takes too long; something is stuck."), longestMs);
tell(`The seed is ${flags.seed}; --seed ${flags.seed} makes the same choices again.`);
try {
  for (const fault of chosen) await runFault(fault);
} finally {
  clearTimeout(watchdog);
  await cleanUp();
}
report();

async function runFault(fault: Fault): Promise<void> {
  const { name, title, how, unit = "", whyNot } = fault;
  const reason = whyNot?.();
  const count = rounds ?? fault.rounds;
  if (reason !== undefined) {
    table.push([title, how, "0", "", "", "", `not run: ${reason}`, ""]);
    tell(`${name} is not run: ${reason}.`);
    return;
  }
  const begin = performance.now();
  const random = new Random(`${flags.seed}/${name}`);
  const note = (text: string) => {
    tell(`${name}: ${text}`);
  };
  const findings = await fault
    .run({ rounds: count, random, folder, imports: [], note })
    .catch((error: unknown) => {
      const failed = new Findings();
      failed.report(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return failed;
    });
  const { acknowledged, lost, doubled, damage, moreDamage, notes } = findings;
  table.push([
    title,
    how,
    `${formatNumber(count)}${unit === "" ? "" : ` ${unit}`}`,
    formatNumber(acknowledged),
    formatNumber(lost),
    formatNumber(doubled),
    damage.length === 0 ? "none" : formatNumber(damage.length + moreDamage),
    formatNumber((performance.now() - begin) / 1000),
  ]);
  for (const sentence of notes) note(sentence);
  for (const sentence of damage) note(sentence);
  if (!findings.isClean) wrong.push(name);
}

function report(): void {
  process.stdout.write(
    `${renderTable(["fault", "how", ">rounds", ">messages acknowledged", ">lost", ">doubled", ">other damage", ">seconds"], table)}\n`,
  );
  if (wrong.length > 0) {
    tell(`Something is wrong with ${wrong.join(", ")}.`);
    process.exitCode = 1;
  }
}

async function endEarly(sentence: string): Promise<void> {
  tell(sentence);
  await cleanUp().finally(() => process.exit(1));
}

async function cleanUp(): Promise<void> {
  await killChildren();
  await stopProxies();
  unmountSmallDisks();
  await removePostgres();
  await removeTemporaryFolders();
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}

/** Reports progress on stderr, so that stdout has only the table. */
function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
