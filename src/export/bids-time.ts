import type { SessionOverview, SessionTiming, Trial } from "../queries/index.js";

/** What the sidecar says about a column of times. */
interface TimeDescription {
  readonly LongName: string;
  readonly Description: string;
  readonly Units: "s";
}

/** When the trials of a session were made and received, in seconds from its first message. */
export class BidsTimes {
  readonly #origin: string | null;

  constructor(
    session: Pick<SessionOverview, "first_at">,
    readonly timing: SessionTiming,
  ) {
    this.#origin = timing.firstOccurredAt ?? session.first_at;
  }

  /** What the sidecar says of the columns `time` and `time_received`. */
  describe(): Readonly<Record<"time" | "time_received", TimeDescription>> {
    const from = `counted from the first message of the session (when it was ${this.timing.firstOccurredAt === null ? "received" : "made"})`;
    return {
      time: {
        LongName: "Time of the trial",
        Description: this.timing.hasOccurrences
          ? `When the outcome of the trial was sent by the client, by the clock of the computer that recorded it, ${from}. ${this.#describeUncertainty()}`
          : `When the outcome of the trial was received, ${from}; the client did not say when it was made`,
        Units: "s",
      },
      time_received: {
        LongName: "Time of receipt",
        Description: `When the outcome of the trial was received, ${from}`,
        Units: "s",
      },
    };
  }

  /** The cells of a trial: `time`, which is null if the client did not say, and `time_received`. */
  cellsOf({ occurred_at: occurredAt, timestamp }: Trial): readonly (number | null)[] {
    const received = secondsBetween(this.#origin, timestamp);
    return [this.timing.hasOccurrences ? secondsBetween(this.#origin, occurredAt) : received, received];
  }

  #describeUncertainty(): string {
    const { maximumUncertaintyMs: most, uncertain } = this.timing;
    const known = most === null ? "" : `It is off by ${formatMs(most)} ms at most. `;
    if (uncertain === 0) return known.trimEnd();
    const which = most === null ? "It" : `For ${uncertain} of the messages with trials it`;
    return `${known}${which} is by the client's own clock, whose difference is not known.`;
  }
}

/** Three digits, rounded up: the uncertainty is a bound. */
function formatMs(ms: number): string {
  const digits = 10 ** Math.max(0, 2 - Math.floor(Math.log10(Math.max(ms, 0.001))));
  return String(Math.ceil(ms * digits) / digits);
}

/** Seconds between two times; null if one is missing, or only one of them has a zone. */
function secondsBetween(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null;
  const hasZone = (text: string) => /(Z|[+-]\d\d:?\d\d)$/i.test(text);
  if (hasZone(from) !== hasZone(to)) return null;
  const seconds = (readMs(to) - readMs(from)) / 1000;
  // Microseconds are what the columns hold.
  return Number.isFinite(seconds) ? Math.round(seconds * 1e6) / 1e6 : null;
}

function readMs(text: string): number {
  // JavaScript reads no more than whole milliseconds.
  const microseconds = /\.\d{3}(\d{3})/.exec(text)?.[1] ?? "0";
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`) + Number(microseconds) / 1000;
}
