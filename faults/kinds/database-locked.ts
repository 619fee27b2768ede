import { once } from "node:events";
import { startScript, whenEnded } from "../../harness/child-processes.js";
import type { Fault } from "../fault.js";
import { runRounds } from "../run-rounds.js";

/** How long each round holds the lock; a daemon waits 5 s for it. */
const heldMs = [1000, 2000, 1000, 7000, 1000, 3000, 12_000, 1000, 25_000, 60_000];

export const databaseLocked: Fault = {
  name: "database-locked",
  title: "database locked by another process",
  how: "BEGIN IMMEDIATE held for 1, 2, 1, 7, 1, 3, 12, 1, 25, 60 s; every second time that process is then killed",
  rounds: 10,
  run: (context) =>
    runRounds(context, {}, async (laboratory, number) => {
      const ms = heldMs[number % heldMs.length] ?? 1000;
      const isKilled = number % 2 === 1;
      const holder = startScript("faults/hold-lock.js", [
        laboratory.location,
        String(isKilled ? 2 * ms : ms),
      ]);
      holder.stderr.pipe(process.stderr);
      await once(holder.stdout, "data");
      if (isKilled) {
        await laboratory.work(ms);
        holder.kill("SIGKILL");
      }
      await whenEnded(holder);
      await laboratory.untilGoingOn();
    }),
};
