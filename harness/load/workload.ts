import { pack } from "msgpackr";

/** The coding of the load. */
export type Coding = "json" | "messagepack";

/** The config of every session of the benchmark: its text, and its sections as a config_data row holds them. */
export const config = {
  text: "[common]\nparnames = [contrast, orientation]\nstimuli_per_trial = 1\n",
  sections: JSON.stringify({ common: { parnames: "[contrast, orientation]", stimuli_per_trial: "1" } }),
};

/** The message that begins a session. */
export function makeSetup(session: string) {
  return { type: "setup", session, message: { config_str: config.text } };
}

/**
 * One tell, of the size that experiments send: two parameters, one outcome, extra info. It leaves five rows.
 *
 * @param session the UUID of its session.
 * @param trial 1, 2, 3 … in its session.
 */
export function makeTell(session: string, trial: number) {
  return {
    type: "tell",
    id: `${session.slice(0, 8)}-${trial}`,
    message: { config: { contrast: [trial / 1_000_003], orientation: [trial % 180] }, outcome: trial % 2 },
    extra_info: { trial_number: trial, rt: 0.4371 },
  };
}

/** A message as a frame: text for JSON, bytes for MessagePack. */
export function encode(message: object, coding: Coding): string | Buffer {
  return coding === "json" ? JSON.stringify(message) : pack(message);
}
