import { realpathSync } from "node:fs";
import type { Fault } from "../fault.js";
import { runRounds } from "../run-rounds.js";
import { traceIn, underStrace, whyNoStrace } from "../strace.js";

/** A checkpoint comes with every thousand pages of the log; this load writes them in a second or two. */
const comesWithinMs = 60_000;

/**
 * With a write-ahead log nothing but a checkpoint writes to the file itself, so that the thread that is at its n-th write to that
 * file is in the middle of one.
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
      // Every fourth at the sync of the file, which is the last that a checkpoint does to it.
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
        laboratory.findings.report(`There was no checkpoint to be killed in within ${comesWithinMs} ms.`);
      await laboratory.kill();
      await laboratory.start();
      await laboratory.untilGoingOn();
    }),
};
