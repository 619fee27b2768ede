import { pack } from "msgpackr";

/** The coding of the load. */
export type Coding = "json" | "messagepack";

/** The config of every benchmark's session. */
export const setup = {
  type: "setup",
  message: { config_str: "[common]\nparnames = [contrast, orientation]\nstimuli_per_trial = 1\n" },
};

/** One tell, of the size that experiments send: two parameters, one outcome, extra info. It leaves five rows. */
export function makeTell(session: string, trial: number) {
  return {
    type: "tell",
    id: `${session.slice(0, 8)}-${trial}`,
    message: { config: { contrast: [trial / 1_000_003], orientation: [trial % 180] }, outcome: trial % 2 },
    extra_info: { trial_number: trial, rt: 0.4371 },
  };
}

export function encode(message: object, coding: Coding): string | Buffer {
  return coding === "json" ? JSON.stringify(message) : pack(message);
}
