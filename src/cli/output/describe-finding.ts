import type { Finding } from "../../maintenance/index.js";

/** The exit code if verifying finds something. */
export const damagedExitCode = 2;

const remedies = {
  rebuild: "telltale rebuild mends it.",
  restore: "Restore it from a backup.",
  drop: "Drop it, unless it is meant to be there: it can change or drop what is written.",
};

/** A finding in one line, with what mends it. */
export function describeFinding({ sessionId, what, remedy }: Finding): string {
  return `${sessionId === null ? "" : `${sessionId}: `}${what} ${remedies[remedy]}`;
}
