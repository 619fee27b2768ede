import { realpathSync } from "node:fs";
import type { Fault } from "../fault.js";
import { runRounds } from "../run-rounds.js";
import { traceIn, underStrace, whyNoStrace } from "../strace.js";

/** A checkpoint runs after every thousand pages of the log; this load writes them in a second or two. */
const comesWithinMs = 60_000;

/**
 * With a write-ahead log, only a checkpoint writes to the database file itself. So a thread at its n-th write to that file is in the
 * middle of a checkpoint.
 */
export const killedCheckpointing: Fault = {
  name: "killed-checkpointing",
  title: "daemon killed while checkpointing",
  how: "strace -P FILE -e inject=pwrite64,fsync,fdatasync:signal=KILL:when=N, N random",
  rounds: 20,
  whyNot: whyNoStrace,
  run: (context) =>
    runRounds(context, {}, async (laboratory, number) => {
      await laboratory.kill();
      // Every fourth round: at the sync of the file, the last step of a checkpoint.
      const [call, when] =
        number % 4 === 3 ? ["fsync,fdatasync", 1] : ["pwrite64", context.random.whole(1, 60)];
      const file = realpathSync(laboratory.location);
      const under = underStrace(
        traceIn(laboratory.folder),
        ...["-P", file, "-e", `trace=${call}`, "-e", `inject=${call}:signal=KILL:when=${when}`],
      );
      await laboratory.start({ under });
      const { child } = laboratory.daemon;
      const isKilled = () => child.exitCode !== null || child.signalCode !== null;
      if (!(await laboratory.until(isKilled, comesWithinMs)))
        laboratory.findings.report(`No checkpoint began within ${comesWithinMs} ms.`);
      await laboratory.kill();
      await laboratory.start();
      await laboratory.untilGoingOn();
    }),
};
