import { setTimeout as pause } from "node:timers/promises";
import { whenEnded } from "../../harness/child-processes.js";
import { spawnDaemon } from "../../harness/daemon-process.js";
import type { Fault } from "../fault.js";
import { runRounds } from "../run-rounds.js";

/** A daemon starts on the write-ahead log of a killed daemon, and is killed during recovery. */
export const killedStarting: Fault = {
  name: "killed-starting",
  title: "daemon killed while starting",
  how: "kill -9 under load, and again at a random moment of the next start",
  rounds: 20,
  run: (context) =>
    runRounds(context, {}, async (laboratory) => {
      const { startUpMs } = laboratory.daemon;
      await laboratory.work(20, 200);
      await laboratory.kill();
      const child = spawnDaemon(laboratory.location, laboratory.daemonOptions());
      child.stderr.resume();
      await pause(context.random.next() * startUpMs);
      child.kill("SIGKILL");
      await whenEnded(child);
      await laboratory.start();
      await laboratory.untilGoingOn();
    }),
};
