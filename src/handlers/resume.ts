import { readKnownSeq } from "../protocol/index.js";
import type { SessionHandler } from "./handler.js";
import { writeMessage } from "./store-only.js";

/** Makes an earlier session the current one. */
export const resume: SessionHandler = {
  binding: "resumes",
  derive: (request, message, session) => ({
    ...writeMessage(request, message, session),
    knownSeq: readKnownSeq(request),
  }),
  // A resume has a seq of its own: the last message before it has the seq before.
  answer: ({ seq, earlierDigests: digests }, stratId) => ({
    strat_id: stratId,
    last_seq: seq - 1,
    last_digest: digests?.last ?? "",
    ...(digests?.known === undefined ? {} : { known_digest: digests.known }),
  }),
};
