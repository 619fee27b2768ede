import type { Fault } from "../fault.js";
import { runRounds } from "../run-rounds.js";

export const daemonStopped: Fault = {
  name: "daemon-stopped",
  title: "daemon stopped for seconds",
  how: "SIGSTOP for 0.5 to 3 s, SIGCONT; clients give up after 1 s and connect again",
  rounds: 20,
  run: (context) =>
    runRounds(context, { patienceMs: 1000 }, async (laboratory) => {
      const { child } = laboratory.daemon;
      await laboratory.work(20, 200);
      child.kill("SIGSTOP");
      await laboratory.work(500, 3000);
      child.kill("SIGCONT");
      await laboratory.untilGoingOn();
    }),
};
