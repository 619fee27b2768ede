import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expect } from "chai";
import { Client } from "../support/client.js";
import { readRows } from "../support/rows.js";
import { Served } from "../support/served.js";
import { temporaryFolder } from "../support/temporary.js";

/** A participant's client: tells trial after trial, and after a loss resumes and sends again what was not acknowledged. */
class Participant {
  readonly session = randomUUID();
  /** The seq and replay_id under which each trial was acknowledged. */
  readonly acknowledged = new Map<number, { seq: unknown; replayId: unknown }>();
  #client: Client | undefined;
  #trial = 0;

  constructor(readonly coding: "json" | "messagepack") {}

  async begin(url: string): Promise<void> {
    this.#client = await Client.connect(url, this.coding);
    const config = "[common]\nparnames = [x]\n[metadata]\nexperiment_name = kill\n";
    await this.#client.ask({
      type: "setup",
      session: this.session,
      id: "setup",
      message: { config_str: config },
    });
  }

  async resume(url: string): Promise<void> {
    this.#client = await Client.connect(url, this.coding);
    const reply = await this.#client.ask({ type: "resume", message: { session: this.session } });
    expect(reply).to.include({ ok: true, session: this.session });
    const highest = Math.max(1, ...[...this.acknowledged.values()].map(({ seq }) => seq as number));
    expect(reply["last_seq"]).to.be.at.least(highest);
  }

  /** Tells until the connection is lost, or `count` trials are acknowledged. */
  async tellUntilLost(count = Infinity): Promise<void> {
    const inFlight = 8;
    const last = this.#trial + count;
    const one = async (): Promise<void> => {
      while (this.#trial < last) {
        const trial = (this.#trial += 1);
        await this.#tell(trial);
      }
    };
    const lost = await Promise.allSettled(Array.from({ length: inFlight }, one));
    if (lost.every(({ status }) => status === "fulfilled")) return;
    await this.#client?.closed();
  }

  /** Sends again, in order, whatever was never acknowledged. */
  async tellAgain(): Promise<void> {
    for (let trial = 1; trial <= this.#trial; trial += 1)
      if (!this.acknowledged.has(trial)) await this.#tell(trial);
  }

  async finish(): Promise<void> {
    expect(await this.#client?.ask({ type: "strat", message: { model: [1, 2, 3] } })).to.include({
      ok: true,
    });
    await this.#client?.close();
  }

  async #tell(trial: number): Promise<void> {
    const reply = await this.#client?.ask({
      type: "tell",
      id: `trial-${trial}`,
      message: { config: { x: [trial / 7] }, outcome: trial % 2 },
      extra_info: { trial },
    });
    expect(reply).to.include({ ok: true, id: `trial-${trial}` });
    this.acknowledged.set(trial, { seq: reply?.["seq"], replayId: reply?.["replay_id"] });
  }
}

describe("a daemon that is killed in the middle of sessions", () => {
  it("has every acknowledged message once, with its trials, when it is started again", async () => {
    const db = join(await temporaryFolder(), "lab.db");
    const participants = Array.from(
      { length: 6 },
      (_, index) => new Participant(index % 2 === 0 ? "json" : "messagepack"),
    );
    let served = await Served.start("--db", db);
    for (const participant of participants) await participant.begin(served.url);
    for (let round = 0; round < 4; round += 1) {
      const losses = participants.map((participant) => participant.tellUntilLost());
      const enough = (round + 1) * 150;
      while (participants.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0) < enough) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await served.end("SIGKILL");
      await Promise.all(losses);
      served = await Served.start("--db", db);
      for (const participant of participants) {
        await participant.resume(served.url);
        await participant.tellAgain();
      }
    }
    await Promise.all(participants.map((participant) => participant.tellUntilLost(20)));
    for (const participant of participants) await participant.finish();
    expect(await served.end("SIGTERM")).to.equal(0);

    for (const { session, acknowledged } of participants) {
      const rows = await readRows(
        db,
        `select replay_data.unique_id, seq, message_id, param_value, outcome_value, extra_data from master
         join replay_data on replay_data.master_table_id = master.unique_id
         left join raw_data on replay_table_id = replay_data.unique_id
         left join param_data on param_data.iteration_id = raw_data.unique_id
         left join outcome_data on outcome_data.iteration_id = raw_data.unique_id
         where session_id = ? order by seq`,
        [session],
      );
      expect(rows.map(({ seq }) => seq)).to.deep.equal(rows.map((_, index) => index + 1));
      for (const [trial, { seq, replayId }] of acknowledged) {
        expect(rows.filter(({ message_id: id }) => id === `trial-${trial}`)).to.deep.equal([
          {
            unique_id: replayId,
            seq,
            message_id: `trial-${trial}`,
            param_value: String(trial / 7),
            outcome_value: trial % 2,
            extra_data: `{"trial":${trial}}`,
          },
        ]);
      }
    }
    expect(await readRows(db, "pragma integrity_check")).to.deep.equal([{ integrity_check: "ok" }]);
    expect(await readRows(db, "pragma foreign_key_check")).to.deep.equal([]);
  }).timeout(120_000);
});
