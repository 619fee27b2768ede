import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { formatNumber } from "../../harness/table.js";
import { type Attack, QuietClients, type Target, attacks } from "../attacks/index.js";
import type { Fault, FaultContext } from "../fault.js";
import { Findings } from "../findings.js";
import { Ledger } from "../ledger.js";
import { verify } from "../verify.js";

/** How long the quiet client is measured alone. */
const aloneMs = 2000;

/** A fault for each attack: a client that sends a tell every 20 ms meanwhile must lose nothing. */
export const attacked: readonly Fault[] = attacks.map((attack) => ({
  name: attack.name,
  title: attack.title,
  how: `${attack.how}; p99 of a quiet client`,
  rounds: 1,
  run: async (context) => {
    const findings = new Findings();
    for (let round = 1; round <= context.rounds; round += 1)
      findings.add(await measure(attack, { ...context, random: context.random.fork(`round ${round}`) }));
    return findings;
  },
}));

async function measure(attack: Attack, { folder, imports, random }: FaultContext): Promise<Findings> {
  const home = await mkdtemp(join(folder, "attacked-"));
  const location = join(home, "test.db");
  const { daemon: options = {}, headers = {} } = (await attack.configure?.(home)) ?? {};
  const daemon = await DaemonProcess.start(location, { ...options, imports });
  const ledger = new Ledger();
  const figures = new Findings();
  const note = (text: string) => figures.notes.push(text);
  const report = (sentence: string) => {
    figures.report(sentence);
  };
  const target: Target = { daemon, location, headers, random, note, report };
  await attack.prepare?.(target);
  const quiet = await QuietClients.connect(daemon, random, ledger, { headers });
  const alone = await quiet.measureDuring(pause(aloneMs));
  const cpuBefore = daemon.readCpuMs() ?? NaN;
  const during = await quiet.measureDuring(attack.run(target));
  const cpuMs = (daemon.readCpuMs() ?? NaN) - cpuBefore;
  const peakMb = daemon.readPeakMemoryMb() ?? 0;
  note(
    `p99 ${formatNumber(during.p99Ms)} ms, at most ${formatNumber(during.longestMs)} ms; alone ${formatNumber(alone.p99Ms)} ms; ${formatNumber(peakMb)} MB, ${formatNumber(cpuMs)} ms of CPU time`,
  );
  if (during.p99Ms > (attack.allowedP99Ms ?? Infinity))
    report(`The p99 of a quiet client is ${formatNumber(during.p99Ms)} ms.`);
  if (peakMb > attack.allowedMb) report(`The daemon used ${formatNumber(peakMb)} MB.`);
  await quiet.close();
  await daemon.stop();
  figures.add(await verify(location, ledger));
  await rm(home, { recursive: true });
  return figures;
}
