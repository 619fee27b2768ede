import type { Fault } from "../fault.js";
import { runRounds } from "../run-rounds.js";
import { whyNoStrace } from "../strace.js";
import { traceDaemon } from "../traced-round.js";

export const acknowledgedAfterSync: Fault = {
  name: "acknowledged-after-sync",
  title: "acknowledgement before the disk has it",
  how: "strace of a second of load: every acknowledgement after a sync of the log that follows its frames",
  rounds: 10,
  whyNot: whyNoStrace,
  run: async (context) => {
    let proved = 0;
    const findings = await runRounds(context, {}, async (laboratory) => {
      proved += await traceDaemon(laboratory, [], async () => {
        await laboratory.untilGoingOn();
        await laboratory.work(1000);
      });
    });
    findings.notes.push(`${proved} acknowledgements came after a sync that covers their message`);
    return findings;
  },
};
