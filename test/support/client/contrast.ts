const config =
  "[common]\nparnames = [x]\nstimuli_per_trial = 1\n[metadata]\nexperiment_name = contrast\nparticipant_id = P1\n";

/** The setup of an experiment with one parameter, `x`. */
export const setup = (more: object = {}) => ({ type: "setup", message: { config_str: config }, ...more });

/** A tell of one trial of that experiment. */
export const tell = (outcome: number, more: object = {}) => ({
  type: "tell",
  message: { config: { x: [0.5] }, outcome },
  ...more,
});
