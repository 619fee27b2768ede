import type { Fault } from "./fault.js";
import { runRounds } from "./laboratory.js";

/** The plainest fault, and the one that everything else is measured by. */
export const daemonKilled: Fault = {
  name: "daemon-killed",
  title: "daemon killed",
  how: "kill -9 at a random moment under load",
  rounds: 200,
  run: (context) =>
    runRounds(context, {}, async (laboratory) => {
      await laboratory.work(20, 400);
      await laboratory.kill();
      await laboratory.start();
      await laboratory.untilGoingOn();
    }),
};
