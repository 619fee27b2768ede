import { expect } from "chai";
import { type ValueMap } from "../../src/protocol/index.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { readRows } from "../../harness/rows.js";
import { dig, readVectors } from "../support/files/vectors.js";

describeOnEngines("the vectors of tells, over a socket,", (engine) => {
  it("leave the rows that the vectors name", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    const vectors = readVectors("tell.json").filter(
      (vector) => dig(vector, "expected", "trials") !== undefined,
    );
    const client = await Client.connect(daemon.url, "messagepack");
    for (const vector of vectors) {
      const names = vector.get("outcome_names") ?? [];
      const common = new Map([
        ["stimuli_per_trial", vector.get("stimuli_per_trial")],
        ["outcome_names", names],
      ]);
      client.send(
        new Map<string, unknown>([
          ["type", "setup"],
          ["message", new Map([["config_dict", new Map([["common", common]])]])],
        ]),
      );
      client.send(
        new Map<string, unknown>([
          ["type", "tell"],
          ["message", vector.get("message")],
          ["extra_info", vector.get("extra_info")],
          ["batch", vector.get("batch")],
        ]),
      );
      await client.reply();
      const trials = dig(vector, "expected", "trials") as ValueMap[];
      expect(await client.reply(), vector.get("name") as string).to.include({
        ok: true,
        trials_recorded: trials.length,
      });
    }
    const expected = vectors.flatMap((vector) => dig(vector, "expected", "trials") as ValueMap[]);
    const outcomes = await readRows(
      daemon.options.db,
      "select outcome_name, outcome_value, outcome_text from outcome_data order by unique_id",
    );
    expect(outcomes.map((row) => Object.values(row))).to.deep.equal(
      expected.flatMap((trial) =>
        (trial.get("outcomes") as unknown[][]).map(([name, value, text]) => [
          name,
          value === 0 ? 0 : value,
          text,
        ]),
      ),
    );
    const params = await readRows(
      daemon.options.db,
      "select param_name, param_value from param_data order by unique_id",
    );
    expect(params.map((row) => row["param_name"])).to.deep.equal(
      expected.flatMap((trial) => (trial.get("params") as unknown[][]).map(([name]) => name)),
    );
  });
});
