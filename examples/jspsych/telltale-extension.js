// A jsPsych extension that tells telltale every trial of the timelines at which it stands. For jsPsych 8.
class TelltaleExtension {
  static info = { name: "telltale", version: "1.0.0", data: {} };

  constructor(jsPsych) {
    this.jsPsych = jsPsych;
  }

  /** @param session what `client.setup` gave. */
  async initialize({ session }) {
    // An extension's own on_finish comes before the trial's, which may add to the data; this comes after both.
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
   * @param config the names of those data of the trial that are its parameters.
   * @param outcome the name of the one that is its outcome. All data go along, as extra data.
   */
  on_finish({ config, outcome }) {
    this.ended = { config, outcome };
    return {};
  }

  tell(session, data) {
    if (this.ended === undefined) return;
    const config = Object.fromEntries(this.ended.config.map((name) => [name, data[name]]));
    session.tell({ config, outcome: data[this.ended.outcome] ?? null }, { extra_info: data });
    this.ended = undefined;
  }
}
