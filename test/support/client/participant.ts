import { randomUUID } from "node:crypto";
import { expect } from "chai";
import type { Coding } from "../../../src/protocol/index.js";
import { Client } from "../../../harness/client.js";
import { readRows } from "../../../harness/rows.js";

/** A participant's client: tells trial after trial, and after a loss resumes and sends again what was not acknowledged. */
export class Participant {
  /** The seq and replay_id under which each trial was acknowledged. */
  readonly acknowledged = new Map<number, { seq: unknown; replayId: unknown }>();
  #client: Client | undefined;
  #trial = 0;

  /** @param name what the ids of its messages begin with; needed where several are in one session. */
  constructor(
    readonly coding: Coding,
    readonly session: string = randomUUID(),
    readonly name = "trial",
  ) {}

  /** Sets its session up; where another has done so, that is the same session. */
  async begin(url: string): Promise<void> {
    this.#client = await Client.connect(url, this.coding);
    const message = { config_str: "[common]\nparnames = [x]\n[metadata]\nexperiment_name = kill\n" };
    const reply = await this.#client.request({ type: "setup", session: this.session, message });
    expect(reply).to.include({ ok: true, session: this.session, seq: 1 });
  }

  /** The number of trials sent, acknowledged or not. */
  get told(): number {
    return this.#trial;
  }

  /** Goes back to its session. */
  async resume(url: string): Promise<void> {
    this.#client = await Client.connect(url, this.coding);
    const reply = await this.#client.request({ type: "resume", message: { session: this.session } });
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
    expect(await this.#client?.request({ type: "strat", message: { model: [1, 2, 3] } })).to.include({
      ok: true,
    });
    await this.#client?.close();
  }

  async #tell(trial: number): Promise<void> {
    const reply = await this.#client?.request({
      type: "tell",
      id: `${this.name}-${trial}`,
      message: { config: { x: [trial / 7] }, outcome: trial % 2 },
      extra_info: { trial },
    });
    expect(reply).to.include({ ok: true, id: `${this.name}-${trial}` });
    this.acknowledged.set(trial, { seq: reply?.["seq"], replayId: reply?.["replay_id"] });
  }
}

/** Whatever was acknowledged to the participants of one session is in the database once, with its trial, and seq has no gap. */
export async function expectStoredOnce(db: string, participants: readonly Participant[]): Promise<void> {
  const [first] = participants;
  const rows = await readRows(
    db,
    `select replay_data.unique_id, seq, message_id, message_type, param_value, outcome_value, extra_data from master
     join replay_data on replay_data.master_table_id = master.unique_id
     left join raw_data on replay_table_id = replay_data.unique_id
     left join param_data on param_data.iteration_id = raw_data.unique_id
     left join outcome_data on outcome_data.iteration_id = raw_data.unique_id
     where session_id = ? order by seq`,
    [first?.session],
  );
  expect(rows.map(({ seq }) => seq)).to.deep.equal(rows.map((_, index) => index + 1));
  for (const { name, acknowledged } of participants) {
    for (const [trial, { seq, replayId }] of acknowledged) {
      expect(rows.filter((row) => row["message_id"] === `${name}-${trial}`)).to.deep.equal([
        {
          unique_id: replayId,
          seq,
          message_id: `${name}-${trial}`,
          message_type: "tell",
          param_value: String(trial / 7),
          outcome_value: trial % 2,
          extra_data: `{"trial":${trial}}`,
        },
      ]);
    }
  }
}
