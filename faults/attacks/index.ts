/** Attacks: what one client may do to all others, and how long these then wait. */
import type { Attack } from "./attack.js";
import { costlyMessage, manyTrials, repeatedId } from "./costly-messages.js";
import { abandonedExports, largeReads, pipelinedRequests } from "./greedy-requests.js";
import { idleConnections, logHeld, tooManyFiles, unfinishedFrames } from "./held-connections.js";

export type { Attack, Target } from "./attack.js";
export { QuietClients } from "./quiet-clients.js";
export { connectRaw, getRequest } from "./raw-connection.js";

/** All attacks, in the order of the table. */
export const attacks: readonly Attack[] = [
  abandonedExports,
  pipelinedRequests,
  costlyMessage,
  repeatedId,
  manyTrials,
  largeReads,
  unfinishedFrames,
  idleConnections,
  logHeld,
  tooManyFiles,
];
