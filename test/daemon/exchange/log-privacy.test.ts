import { expect } from "chai";
import { Client } from "../../../harness/client.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { collectLog, startDaemon } from "../../support/daemon/daemon.js";

const secret = "Erika-Mustermann-hunter2";
const members = ["id", "session", "strat_id", "sent_at", "message", "extra_info", "response", "version"];

/** Every kind of bad message, with the secret wherever a client can put one. */
const messages: readonly unknown[] = [
  secret,
  [secret],
  { [secret]: secret },
  { type: secret, message: secret },
  ...["setup", "ask", "tell", "strat", "exit", "resume", "x"].flatMap((type) => [
    ...members.map((member) => ({ type, [member]: secret })),
    ...members.map((member) => ({ type, [member]: { [secret]: [secret] } })),
  ]),
  ...[
    `participant_id = ${secret}`,
    `[common]\n${secret}\n`,
    `[${secret}`,
    `[${secret}]\nx = 1\n[${secret}]\n`,
    `[common]\n${secret} = 1\n${secret} = 2\n`,
    `[metadata]\nparticipant_id = %(${secret})s\n`,
    `[common]\nparnames = [${secret}\n`,
    `[common]\nstimuli_per_trial = ${secret}\n`,
  ].map((config_str) => ({ type: "setup", message: { config_str } })),
  { type: "setup", message: { config_str: `[common]\n`, config_dict: { [secret]: secret } } },
  { type: "setup", message: { config_dict: { [secret]: { [secret]: { [secret]: 1 } } } } },
  { type: "setup", message: { participant_id: { [secret]: secret }, experiment_name: [secret] } },
  { type: "setup", message: { config_str: "[common]\n" } },
  { type: "tell", message: { config: { [secret]: [[secret]] }, outcome: { [secret]: secret } } },
  { type: "tell", message: { config: secret, outcome: [secret, secret] } },
  { type: "tell", message: [{ config: { [secret]: [1, 2, 3] }, outcome: [1, 2] }, secret] },
  { type: "tell", id: "same", message: { config: { x: [secret] }, outcome: 1 } },
  { type: "tell", id: "same", message: { config: { x: [`${secret}2`] }, outcome: 1 } },
];

describeOnEngines("The log of a daemon", (engine) => {
  it("repeats nothing of the messages that it rejects; the client is told", async () => {
    const { logger, lines } = collectLog();
    const daemon = await startDaemon({
      db: await engine.makeReadyLocation(),
      logger,
      maximumRejectedPerMinute: 100_000,
    });
    const client = await Client.connect(daemon.url);
    const replies = [];
    for (const message of messages) replies.push(await client.request(message));
    client.sendFrame(`{"type": "tell", ${secret}`);
    await client.request({ type: "ask" });
    expect(JSON.stringify(replies.filter(({ ok }) => !ok))).to.include(secret);
    await daemon.stop();
    expect(lines.filter(({ msg }) => msg.startsWith("message rejected")).length).to.be.above(20);
    for (const line of lines) expect(JSON.stringify(line)).not.to.include(secret);
  });

  it("names the code and the line of a setup that it cannot read", async () => {
    const { logger, lines } = collectLog();
    const daemon = await startDaemon({ db: await engine.makeReadyLocation(), logger });
    const client = await Client.connect(daemon.url);
    await client.request({ type: "setup", message: { config_str: `\nparticipant_id = ${secret}\n` } });
    const rejected = lines.find(({ msg }) => msg.startsWith("message rejected"));
    expect(rejected).to.include({ code: "bad_setup", place: "line 2 of the config" });
  });
});
