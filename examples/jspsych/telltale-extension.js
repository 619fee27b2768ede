// A jsPsych 8 extension that sends every trial of its timelines to telltale.
class TelltaleExtension {
  static info = { name: "telltale", version: "1.0.0", data: {} };

  constructor(jsPsych) {
    this.jsPsych = jsPsych;
  }

  /** @param session the session that `client.setup` returned. */
  async initialize({ session }) {
    // An extension's on_finish runs before the trial's, which may add to the data; on_data_update runs after both.
    const settings = this.jsPsych.getInitSettings();
    const { on_data_update } = settings;
    settings.on_data_update = (data) => {
      this.tell(session, data);
      on_data_update(data);
    };
  }

  on_start() {}

  on_load() {}

  /**
   * @param config names of the trial's data that are its parameters.
   * @param outcome name of the trial's data that is its outcome: a key, or the object of a survey's answers. All data are sent as
   *   extra data.
   */
  on_finish({ config, outcome }) {
    this.ended = { config, outcome };
    return {};
  }

  tell(session, data) {
    if (this.ended === undefined) return;
    const config = Object.fromEntries(this.ended.config.map((name) => [name, data[name]]));
    session.trial(config, data[this.ended.outcome], data);
    this.ended = undefined;
  }
}
