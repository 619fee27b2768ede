import type { Random } from "./random.js";

/** The setup of a session of the load. */
export function makeSetup(id: string, session: string): object {
  return { type: "setup", id, session, message: { config_str: "[common]\nparnames = [x, y]\n" } };
}

const kinds = [
  ...Array.from({ length: 14 }, () => "tell" as const),
  "ask",
  "ask",
  "strat",
  "other",
  "batch",
  "underivable",
] as const;

/** The n-th message of an experiment: mostly tells, in all forms that write rows. */
export function makeMessage(random: Random, id: string, number: number): object {
  const trial = () => ({ config: { x: [random.next()], y: [number] }, outcome: random.whole(0, 1) });
  const common = { id, sent_at: 1_764_000_000_000 + number, extra_info: { number, rt: random.next() } };
  switch (random.pick(kinds)) {
    case "ask":
      return { ...common, type: "ask", message: "" };
    case "strat":
      // Sometimes large enough for many database pages.
      return { ...common, type: "strat", message: { model: "m".repeat(random.pick([10, 1000, 30_000])) } };
    case "other":
      return { ...common, type: "fixation_lost", message: { x: random.next() } };
    case "batch":
      return { ...common, type: "tell", message: [trial(), trial(), trial()] };
    case "underivable":
      return { ...common, type: "tell", message: { config: { x: [1, 2], y: [1] }, outcome: 1 } };
    case "tell":
      return { ...common, type: "tell", message: trial() };
  }
}
