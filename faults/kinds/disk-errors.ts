import type { Fault, FaultContext } from "../fault.js";
import type { Findings } from "../findings.js";
import { runRounds } from "../run-rounds.js";
import { whyNoStrace } from "../strace.js";
import { traceDaemon } from "../traced-round.js";

const failsWithinMs = 60_000;

export const syncErrors: Fault = {
  name: "sync-errors",
  title: "errors of fsync",
  how: "strace -f -e inject=fsync,fdatasync:error=EIO:when=A..B under load, then kill -9",
  rounds: 20,
  whyNot: whyNoStrace,
  run: (context) => runWithErrors(context, "fsync,fdatasync:error=EIO", 5, 20, 6),
};

export const writeErrors: Fault = {
  name: "write-errors",
  title: "errors of write",
  how: "strace -f -e inject=pwrite64:error=ENOSPC:when=A..B under load, then kill -9",
  rounds: 20,
  whyNot: whyNoStrace,
  run: (context) => runWithErrors(context, "pwrite64:error=ENOSPC", 50, 400, 30),
};

/**
 * @param least the first call of each thread that fails; late enough for the daemon to start.
 * @param length the maximum number of failing calls of each thread.
 */
function runWithErrors(
  context: FaultContext,
  error: string,
  least: number,
  most: number,
  length: number,
): Promise<Findings> {
  return runRounds(context, {}, async (laboratory) => {
    const first = context.random.whole(least, most);
    const when = `${first}..${first + context.random.whole(0, length)}`;
    await traceDaemon(laboratory, ["-e", `inject=${error}:when=${when}`], async () => {
      // The daemon may recover from a failed commit before any client sees an error.
      const hasFailed = () => laboratory.daemon.warnings.some((text) => text.startsWith("database failed"));
      if (!(await laboratory.until(hasFailed, failsWithinMs)))
        laboratory.findings.report(`The database did not fail within ${failsWithinMs} ms.`);
      await laboratory.untilGoingOn();
      await laboratory.work(0, 200);
    });
  });
}
