// Measures how exactly it is known when messages were made: `npm run bench:clock -- --suspend 600 --outage 300`. See bench/README.md.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { killChildren, startScript } from "../../harness/child-processes.js";
import { Client } from "../../harness/client.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { Proxy } from "../../harness/proxy.js";
import { readRows } from "../../harness/rows.js";
import { formatNumber, renderTable } from "../../harness/table.js";
import { TemporaryDatabases } from "../../harness/temporary-databases.js";
import { OffsetEstimator } from "../../src/client/clock/offset-estimator.js";
import { describeMachine } from "../machine.js";
import { type Delay, delayed } from "./lines.js";
import { simulate } from "./simulate.js";
import { type Timed, describeTimed, titles } from "./timed.js";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "70" },
    suspend: { type: "string", default: "600" },
    outage: { type: "string", default: "300" },
  },
});
const [seconds, suspendSeconds, outageSeconds] = [flags.seconds, flags.suspend, flags.outage].map(Number);
if (seconds === undefined || suspendSeconds === undefined || outageSeconds === undefined)
  throw new Error("--seconds, --suspend and --outage must be numbers.");

const constant =
  (ms: number): Delay =>
  () =>
    ms;
const around =
  (ms: number, spread: number): Delay =>
  () =>
    ms + (2 * Math.random() - 1) * spread;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const now = () => Number(process.hrtime.bigint()) / 1e6;

const databases = await TemporaryDatabases.make();
try {
  const machine = await describeMachine(databases.folder);
  const path = databases.newPath();
  const daemon = await DaemonProcess.start(path);
  const daemonOffsetMs = await measureDaemon(daemon.url);
  const scenarios = await Promise.all([
    run(daemon, path, daemonOffsetMs, "no proxy"),
    run(daemon, path, daemonOffsetMs, "0.5 ms each way", { line: [constant(0.5), constant(0.5)] }),
    run(daemon, path, daemonOffsetMs, "100 ± 20 ms each way", { line: [around(100, 20), around(100, 20)] }),
    run(daemon, path, daemonOffsetMs, "50 ± 10 ms each way", { line: [around(50, 10), around(50, 10)] }),
    run(daemon, path, daemonOffsetMs, "20 ms there, 180 ms back", { line: [constant(20), constant(180)] }),
    run(daemon, path, daemonOffsetMs, "wall clock set by + 1 h", { setWall: "+1h" }),
    run(daemon, path, daemonOffsetMs, "wall clock set by − 1 h", { setWall: "-1h" }),
    run(daemon, path, daemonOffsetMs, `suspended for ${suspendSeconds} s`, { suspendSeconds }),
    run(daemon, path, daemonOffsetMs, `no connection for ${outageSeconds} s`, { outageSeconds }),
  ]);
  await daemon.stop();
  const twoHours = { seconds: 7200, drift: 0 };
  const simulated: [string, Timed[]][] = [
    ["0.5 ms each way", simulate({ ...twoHours, there: constant(0.5), back: constant(0.5) })],
    [
      "0.5 ms, 100 ppm fast",
      simulate({ ...twoHours, there: constant(0.5), back: constant(0.5), drift: 1e-4 }),
    ],
    [
      "0.5 ms, 100 ppm slow",
      simulate({ ...twoHours, there: constant(0.5), back: constant(0.5), drift: -1e-4 }),
    ],
    ["100 ± 20 ms each way", simulate({ ...twoHours, there: around(100, 20), back: around(100, 20) })],
    ["50 ± 10 ms each way", simulate({ ...twoHours, there: around(50, 10), back: around(50, 10) })],
    ["20 ms there, 180 ms back", simulate({ ...twoHours, there: constant(20), back: constant(180) })],
  ];
  const load = loadavg().map((average) => formatNumber(average, 2));
  const print = (title: string, rows: readonly (readonly [string, readonly Timed[]])[]) =>
    renderTable(
      [title, ...titles],
      rows.map(([name, messages]) => [name, ...describeTimed(messages)]),
    );
  process.stdout.write(
    `${machine}\n- Load at the end (1, 5, 15 minutes): ${load.join(", ")}\n\n` +
      `${print("client in Node", scenarios)}\n\n${print("two hours, simulated", simulated)}\n`,
  );
} finally {
  await killChildren();
  await databases.remove();
}

/** What happens to the client of a scenario. */
interface Mishap {
  readonly line?: readonly [Delay, Delay];
  /** How its wall clock is set after a third of the time, as faketime reads it. */
  readonly setWall?: string;
  readonly suspendSeconds?: number;
  readonly outageSeconds?: number;
}

/** Lets a client tell, and compares when its messages were made with what their rows say. */
async function run(
  daemon: DaemonProcess,
  path: string,
  daemonOffsetMs: number,
  name: string,
  { line, setWall, suspendSeconds: suspend = 0, outageSeconds: outage = 0 }: Mishap = {},
): Promise<[string, Timed[]]> {
  const proxy =
    line === undefined && outage === 0 ? undefined : await Proxy.start(daemon.url, line && delayed(...line));
  const total = (seconds ?? 0) + suspend + outage;
  const clockFile = join(databases.folder, `faketime${setWall ?? ""}`);
  if (setWall !== undefined) await writeFile(clockFile, "+0\n");
  const faketime = {
    FAKETIME_TIMESTAMP_FILE: clockFile,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
  const child = startScript("bench/clock/teller.js", [proxy?.url ?? daemon.url, String(total)], {
    ...(setWall === undefined ? {} : { under: ["faketime", "-f", "+0"], env: faketime }),
  });
  child.stderr.pipe(process.stderr);
  const [session] = (await once(createInterface(child.stdout), "line")) as [string];
  await sleep(((seconds ?? 0) * 1000) / 3);
  if (setWall !== undefined) await writeFile(clockFile, `${setWall}\n`);
  if (suspend > 0) {
    child.kill("SIGSTOP");
    await sleep(suspend * 1000);
    child.kill("SIGCONT");
  }
  if (outage > 0 && proxy !== undefined) {
    proxy.judge = () => "cut";
    proxy.cutAll();
    await sleep(outage * 1000);
    proxy.judge = () => "pass";
  }
  await once(child, "exit");
  await proxy?.stop();
  const rows = await readRows(
    path,
    `select occurred_at, clock_uncertainty_ms, param_number from replay_data
     join master on master.unique_id = replay_data.master_table_id
     join raw_data on replay_table_id = replay_data.unique_id join param_data on iteration_id = raw_data.unique_id
     where session_id = ? order by seq`,
    [session],
  );
  const timed = rows.map((row): Timed => {
    const atMs = (row["param_number"] as number) + daemonOffsetMs;
    const uncertaintyMs = (row["clock_uncertainty_ms"] as number | null) ?? NaN;
    return { atMs, uncertaintyMs, errorMs: readMs(row["occurred_at"] as string) - atMs };
  });
  return [name, timed];
}

/** The daemon's clock minus the one of the tellers. */
async function measureDaemon(url: string): Promise<number> {
  const client = await Client.connect(url);
  const estimator = new OffsetEstimator(0);
  for (let count = 0; count < 30; count += 1) {
    const sentAt = now();
    const reply = await client.request({ type: "clock", sent_at: sentAt });
    const [receivedAt, answeredAt] = [reply["received_at"] as number, reply["answered_at"] as number];
    estimator.add({ sentAt, receivedAt, answeredAt, arrivedAt: now() });
  }
  await client.close();
  const { offset_ms: offset = NaN } = estimator.estimate(now()) ?? {};
  return offset;
}

function readMs(text: string): number {
  return Date.parse(text) + Number(text.slice(-4, -1)) / 1000;
}
