import { once } from "node:events";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { whenEnded } from "../../harness/child-processes.js";
import { DaemonProcess, spawnDaemon } from "../../harness/daemon-process.js";
import {
  type UndisturbedUpgrade,
  expectFinished,
  expectWhole,
  legacyFile,
  upgradeUndisturbed,
} from "../../harness/upgrade/undisturbed-upgrade.js";
import type { Fault, FaultContext } from "../fault.js";
import { Findings } from "../findings.js";
import { Laboratory } from "../laboratory.js";

const generations = [0, 1, 2, 3];
/** From the daemon's report that the upgrade begins to the end of a small file's upgrade. */
const upgradingMs = 200;

/** A file written by AEPsych, upgraded by a daemon that is killed during it, and then by a daemon that is not. */
export const killedMigrating: Fault = {
  name: "killed-migrating",
  title: "daemon killed while migrating",
  how: "kill -9 at a random moment of serve --migrate on a file of generation 0 to 3, then again, then clients",
  rounds: 20,
  run: async (context) => {
    const findings = new Findings();
    const undisturbed: UndisturbedUpgrade[] = [];
    let interrupted = 0;
    for (let round = 0; round < context.rounds; round += 1) {
      const generation = round % generations.length;
      const upgrade = (undisturbed[generation] ??= await upgradeUndisturbed(generation));
      const random = context.random.fork(`round ${round + 1}`);
      const folder = join(context.folder, `migration-${round}`);
      await mkdir(folder);
      const path = join(folder, "lab.db");
      await copyFile(legacyFile(generation), path);
      try {
        if (await killUpgrade({ ...context, random }, path, upgrade)) interrupted += 1;
        const laboratory = await Laboratory.open({ ...context, random }, { location: path, clients: 2 });
        findings.add(await laboratory.close());
      } catch (error) {
        findings.report(`A file of generation ${generation}, round ${round + 1}: ${String(error)}`);
      }
      context.note(`round ${round + 1} of ${context.rounds}`);
    }
    findings.notes.push(`${interrupted} of the upgrades were interrupted by the kill`);
    return findings;
  },
};

/** Kills an upgrade and lets the next daemon finish it; returns whether the kill interrupted the upgrade. */
async function killUpgrade(
  { random, imports }: FaultContext,
  path: string,
  undisturbed: UndisturbedUpgrade,
): Promise<boolean> {
  const options = { flags: ["--migrate"], imports };
  const child = spawnDaemon(path, options);
  child.stderr.resume();
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  await pause(random.next() * upgradingMs);
  child.kill("SIGKILL");
  await whenEnded(child);
  const state = await expectWhole(path, undisturbed, "right after the kill");
  await (await DaemonProcess.start(path, options)).stop();
  await expectFinished(path, undisturbed, "after the next daemon");
  return state > 0 && state < undisturbed.states.length - 1;
}
