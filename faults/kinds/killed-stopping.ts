import { setTimeout as pause } from "node:timers/promises";
import type { Fault } from "../fault.js";
import { runRounds } from "../run-rounds.js";

/** About the time that a daemon needs to stop under this load. */
const stoppingMs = 60;

export const killedStopping: Fault = {
  name: "killed-stopping",
  title: "daemon killed while stopping",
  how: "SIGTERM under load, and kill -9 at a random moment of the next 60 ms",
  rounds: 20,
  run: (context) =>
    runRounds(context, {}, async (laboratory) => {
      await laboratory.work(20, 200);
      laboratory.daemon.child.kill("SIGTERM");
      await pause(context.random.next() * stoppingMs);
      await laboratory.kill();
      await laboratory.start();
      await laboratory.untilGoingOn();
    }),
};
