import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import type { Daemon } from "../../src/index.js";
import type { ValueMap } from "../../src/protocol/index.js";
import { Client } from "../support/client/client.js";
import { encode } from "../support/client/encode.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { readRows } from "../../harness/rows.js";
import { dig, readVectors } from "../support/files/vectors.js";

const setup = { type: "setup", message: { config_str: "[common]\nstimuli_per_trial = 1\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

/** Frames that cannot be a message, the code that each is answered with, and a word of the sentence. */
const frames: [what: string, frame: string | Buffer, code: string, word: string][] = [
  ["text that is no JSON", "tell me", "malformed", "JSON"],
  ["JSON cut short", '{"type": "tell", "message": {', "malformed", "end"],
  ["two JSON values", '{"type": "ask"}{"type": "ask"}', "malformed", "JSON"],
  ["an empty text frame", "", "malformed", "JSON"],
  ["a JSON number", "7", "invalid", "object"],
  ["a JSON list", '["tell"]', "invalid", "object"],
  ["a JSON null", "null", "invalid", "object"],
  ["a message without type", '{"message": {}}', "invalid", "type"],
  ["a type that is a number", '{"type": 7}', "invalid", "type"],
  ["a type in capitals", '{"type": "Tell"}', "invalid", "type"],
  ["a type that is too long", `{"type": "${"t".repeat(65)}"}`, "invalid", "type"],
  ["a type called __proto__", '{"type": "__proto__"}', "invalid", "type"],
  ["an id that is a number", '{"type": "ask", "id": 7}', "invalid", "id"],
  ["an empty id", '{"type": "ask", "id": ""}', "invalid", "id"],
  ["an id that is too long", `{"type": "ask", "id": "${"i".repeat(129)}"}`, "invalid", "id"],
  ["a session that is a number", '{"type": "ask", "session": 7}', "invalid", "session"],
  [
    "a setup whose session is no UUID",
    '{"type": "setup", "session": "mine", "message": {}}',
    "invalid",
    "UUID",
  ],
  ["a sent_at that is text", '{"type": "ask", "sent_at": "now"}', "invalid", "sent_at"],
  ["a resume of a list", '{"type": "resume", "message": [1]}', "invalid", "strat_id"],
  ["a resume of a strat_id of −1", '{"type": "resume", "message": {"strat_id": -1}}', "invalid", "strat_id"],
  ["100,000 levels of JSON", "[".repeat(100_000), "invalid", "256"],
  [
    "100,000 levels in a tell",
    `{"type":"tell","message":${"[".repeat(1e5)}${"]".repeat(1e5)}}`,
    "invalid",
    "256",
  ],
  ["100,000 levels of MessagePack", Buffer.alloc(100_000, 0x91), "invalid", "256"],
  ["an empty binary frame", Buffer.alloc(0), "malformed", "MessagePack"],
  ["JSON in a binary frame", Buffer.from('{"type": "ask"}'), "malformed", "text frames"],
  ["MessagePack cut short", Buffer.from(encode(tell, "messagepack").slice(0, 20)), "malformed", "early end"],
  [
    "MessagePack with bytes after it",
    Buffer.concat([Buffer.from(encode(tell, "messagepack")), Buffer.from([1])]),
    "malformed",
    "after",
  ],
  ["a list of four billion", Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff, 1]), "malformed", "early end"],
  [
    "a map of four billion",
    Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61, 1]),
    "malformed",
    "early end",
  ],
  ["text of four billion bytes", Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff, 0x61]), "malformed", "early end"],
  ["bytes of four billion", Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff, 0]), "malformed", "early end"],
  [
    "an extension type of a stranger",
    Buffer.from([0x81, 0xa4, 0x74, 0x79, 0x70, 0x65, 0xd4, 0x73, 0]),
    "malformed",
    "extension",
  ],
  ["a map key that is a number", Buffer.from([0x81, 0x01, 0x02]), "malformed", "key"],
  ["MessagePack text that is no UTF-8", Buffer.from([0x81, 0xa1, 0xff, 0x02]), "malformed", "UTF-8"],
  ["a tell before any setup", JSON.stringify(tell), "no_session", "setup"],
  ["an ask before any setup", '{"type": "ask"}', "no_session", "setup"],
  ["a strat before any setup", '{"type": "strat", "message": {}}', "no_session", "setup"],
  ["a resume without a session", '{"type": "resume"}', "no_session", "setup"],
  ["an exit before any setup", '{"type": "exit"}', "no_session", "setup"],
  [
    "a tell for an unknown session",
    JSON.stringify({ ...tell, session: randomUUID() }),
    "unknown_session",
    "setup",
  ],
  [
    "a tell for a session that is no UUID",
    JSON.stringify({ ...tell, session: "monday" }),
    "unknown_session",
    "monday",
  ],
  [
    "a resume of an unknown session",
    `{"type": "resume", "message": {"session": "${randomUUID()}"}}`,
    "unknown_session",
    "setup",
  ],
  [
    "a resume of an unknown strat_id",
    '{"type": "resume", "message": {"strat_id": 3}}',
    "unknown_session",
    "strat_id",
  ],
  ["a setup without message", '{"type": "setup"}', "bad_setup", "config_str"],
  ["a setup with an empty message", '{"type": "setup", "message": ""}', "bad_setup", "config_str"],
  ["a setup of other keys", '{"type": "setup", "message": {"configuration": ""}}', "bad_setup", "config_str"],
  [
    "a setup that cannot be read",
    '{"type": "setup", "message": {"config_str": "x = 1"}}',
    "bad_setup",
    "[common]",
  ],
  [
    "a setup with a config of a number",
    '{"type": "setup", "message": {"config_dict": 7}}',
    "bad_setup",
    "config_dict",
  ],
  [
    "a setup of half a stimulus",
    '{"type": "setup", "message": {"config": {"common": {"stimuli_per_trial": 0.5}}}}',
    "bad_setup",
    "stimuli_per_trial",
  ],
];

describeOnEngines("bad input", (engine) => {
  let daemon: Daemon;
  let other: Client;

  const read = (sql: string) => readRows(daemon.options.db, sql);

  beforeEach(async () => {
    daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    other = await Client.connect(daemon.url);
    await other.request(setup);
  });

  // Whatever one client sends, the others go on.
  afterEach(async () => {
    expect(await other.request(tell)).to.include({ ok: true });
  });

  for (const [what, frame, code, word] of frames) {
    it(`answers ${what} with ${code}, keeps it, and goes on`, async () => {
      const client = await Client.connect(daemon.url);
      client.sendFrame(frame);
      const reply = await client.reply();
      expect(reply).to.include({ ok: false, code, stored: false, retry: false });
      expect(reply["server_error"]).to.be.a("string").and.include(word);
      expect(reply["server_error"]).not.to.match(/\n|at .*:\d+/);
      const [kept, ...more] = await read("select * from rejected_data");
      expect(more).to.deep.equal([]);
      expect(kept).to.include({ code, reason: reply["server_error"], length: Buffer.byteLength(frame) });
      expect(kept?.["contents"]).to.deep.equal(Buffer.from(frame));
      expect(kept?.["peer"]).to.match(/^127\.0\.0\.1:\d+$/);
      expect(await client.request(setup)).to.include({ ok: true });
    });
  }

  it("answers a text frame that is no UTF-8 with malformed, and keeps it", async () => {
    const client = await Client.connect(daemon.url);
    const frame = Buffer.concat([
      Buffer.from('{"type": "ask", "message": "'),
      Buffer.from([0xff, 0xc0]),
      Buffer.from('"}'),
    ]);
    client.sendFrame(frame, false);
    expect(await client.reply()).to.include({ code: "malformed" });
    expect((await read("select contents from rejected_data"))[0]?.["contents"]).to.deep.equal(frame);
  });

  it("keeps the first MiB of what is malformed, and its length", async () => {
    const client = await Client.connect(daemon.url);
    client.sendFrame("x".repeat(3_000_000));
    expect(await client.reply()).to.include({ code: "malformed" });
    expect(await read("select length(contents) as kept, length from rejected_data")).to.deep.equal([
      { kept: 1024 * 1024, length: 3_000_000 },
    ]);
  });

  it("closes with 1009 on a frame over the size limit, and notes it without contents", async () => {
    const client = await Client.connect(daemon.url);
    client.sendFrame("x".repeat(16 * 1024 * 1024 + 1));
    expect(await client.closed()).to.equal(1009);
    await other.request(tell);
    expect(await read("select code, contents, length from rejected_data")).to.deep.equal([
      { code: "malformed", contents: null, length: null },
    ]);
  });

  it("keeps a rejected frame with the session that its connection was in", async () => {
    const client = await Client.connect(daemon.url);
    const { session } = await client.request(setup);
    await client.request({ type: "BAD" });
    const rows = await read(
      "select session_id from rejected_data join master on master.unique_id = master_table_id",
    );
    expect(rows).to.deep.equal([{ session_id: session }]);
  });

  it("tells the type and id of what it refuses, where they can be read", async () => {
    const client = await Client.connect(daemon.url);
    expect(await client.request({ type: "tell", id: "a", sent_at: "now" })).to.include({
      type: "tell",
      id: "a",
      code: "invalid",
    });
    expect(await client.request({ id: "b" })).to.include({ type: null, id: "b", code: "invalid" });
  });

  for (const coding of ["json", "messagepack"] as const) {
    it(`takes __proto__, constructor and toString as plain names in ${coding}`, async () => {
      const client = await Client.connect(daemon.url, coding);
      await client.request(setup);
      const names = ["__proto__", "constructor", "toString", "10", "9"];
      const config = new Map(names.map((name) => [name, [1]]));
      const message = new Map<string, unknown>([
        ["config", config],
        ["outcome", new Map([["__proto__", 2]])],
      ]);
      const extra = new Map([["__proto__", new Map([["polluted", true]])]]);
      client.send(
        new Map<string, unknown>([
          ["type", "tell"],
          ["message", message],
          ["extra_info", extra],
        ]),
      );
      expect(await client.reply()).to.include({ ok: true, trials_recorded: 1 });
      const params = await read("select param_name from param_data order by unique_id");
      expect(params.map((row) => row["param_name"])).to.deep.equal(names);
      expect(await read("select outcome_name from outcome_data")).to.deep.equal([
        { outcome_name: "__proto__" },
      ]);
      expect(await read("select extra_data from raw_data")).to.deep.equal([
        { extra_data: '{"__proto__":{"polluted":true}}' },
      ]);
      expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
    });
  }

  for (const vector of readVectors("tell.json").filter(
    (one) => dig(one, "expected", "underivable") !== undefined,
  )) {
    it(`stores the tell of the vector "${vector.get("name") as string}" without trials`, async () => {
      const client = await Client.connect(daemon.url);
      const names = ((vector.get("outcome_names") ?? []) as string[]).join(", ");
      const config = `[common]\nstimuli_per_trial = ${vector.get("stimuli_per_trial") as number}\noutcome_names = [${names}]\n`;
      await client.request({ type: "setup", message: { config_str: config } });
      client.send(
        new Map([
          ["type", "tell"],
          ["message", vector.get("message")],
          ["extra_info", vector.get("extra_info")],
        ]),
      );
      expect(await client.reply()).to.include({ code: "underivable", stored: true, seq: 2 });
      expect(await read("select * from raw_data")).to.deep.equal([]);
    });
  }

  // Each of these took a time that grew as the square of its length; the test's own time limit is what would fail it.
  for (const [what, config] of Object.entries({
    "references without an end": `[common]\na = ${"${".repeat(2_000_000)}`,
    "references without an end, with names": `[common]\na = ${"${a".repeat(2_000_000)}`,
    "dollar signs": `[common]\na = ${"$$".repeat(2_000_000)}$`,
    blanks: `[common]\na = x${" ".repeat(4_000_000)}x # ${" #".repeat(1_000_000)}\na`,
  })) {
    it(`refuses a config of millions of ${what} before long`, async () => {
      const client = await Client.connect(daemon.url);
      expect(await client.request({ type: "setup", message: { config_str: config } })).to.include({
        code: "bad_setup",
      });
    });
  }

  it("stores an outcome of millions of digits that is no number before long", async () => {
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    const reply = await client.request({ type: "tell", message: { outcome: `${"1".repeat(4_000_000)}x` } });
    expect(reply).to.include({ ok: true, trials_recorded: 1 });
  });

  it("answers others while one connection sends many empty frames behind its setups", async () => {
    const client = await Client.connect(daemon.url);
    for (let count = 0; count < 100; count += 1) client.send(setup);
    for (let count = 0; count < 30_000; count += 1) client.sendFrame("");
    // The flood is not over when the others have long been answered.
    for (let count = 0; count < 20; count += 1) expect(await other.request(tell)).to.include({ ok: true });
    expect(client.replies.length).to.be.below(30_000);
  });

  it("stores a tell without trials whose extra info would stand too often in them", async () => {
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    const trials = Array.from({ length: 10_000 }, (_, trial) => trial);
    const message = { config: { x: trials }, outcome: trials };
    const reply = await client.request({ type: "tell", message, extra_info: { log: "x".repeat(100_000) } });
    expect(reply).to.include({ code: "underivable", stored: true });
    expect(reply["server_error"]).to.include("32 MiB");
  });

  it("resumes after a restart a session whose config is as deep as a frame may be", async () => {
    const client = await Client.connect(daemon.url);
    let deep: object = { $bytes: 1 };
    for (let level = 0; level < 240; level += 1) deep = { $bytes: deep };
    const { session } = await client.request({
      type: "setup",
      message: { config_dict: { common: { deep } } },
    });
    expect(session).to.be.a("string");
    const again = await startDaemon({ db: daemon.options.db });
    const second = await Client.connect(again.url);
    expect(await second.request({ type: "resume", message: { session } })).to.include({
      ok: true,
      last_seq: 1,
    });
  });

  it("does not repeat a type or an id of any length", async () => {
    const client = await Client.connect(daemon.url);
    const reply = await client.request({ type: "t".repeat(1_000_000), id: "i".repeat(1_000_000) });
    expect(reply).to.include({ code: "invalid", type: null }).and.not.have.property("id");
  });

  it("bears a client that leaves in the middle of a frame", async () => {
    const { port } = new URL(daemon.url);
    const stream = connect(Number(port), "127.0.0.1");
    await once(stream, "connect");
    stream.write(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}\r\n\r\n`,
    );
    await once(stream, "data");
    // A masked text frame of 100 bytes, of which four come.
    stream.write(Buffer.from([0x81, 0xe4, 1, 2, 3, 4, 5, 6, 7, 8]));
    stream.destroy();
    await once(stream, "close");
    expect(await other.request(tell)).to.include({ ok: true });
    expect(await read("select * from rejected_data")).to.deep.equal([]);
  });

  it("bears frames that break the WebSocket protocol", async () => {
    const client = await Client.connect(daemon.url);
    const stream = (client.socket as unknown as { _socket: NodeJS.WritableStream })._socket;
    stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect(await client.closed()).to.be.oneOf([1002, 1006]);
  });

  it("bears a thousand connections that are opened and dropped", async () => {
    for (let round = 0; round < 10; round += 1) {
      const clients = await Promise.all(Array.from({ length: 100 }, () => Client.connect(daemon.url)));
      for (const [index, client] of clients.entries()) {
        if (index % 2 === 0) client.send(tell);
        client.socket.terminate();
      }
      await Promise.all(clients.map((client) => client.closed()));
    }
  });

  it("bears a client that never reads its replies", async () => {
    const client = await Client.connect(daemon.url);
    const { session } = await client.request(setup);
    client.socket.pause();
    let sent = 0;
    const flood = () => {
      while (client.socket.bufferedAmount < 4 * 1024 * 1024 && sent < 400_000) {
        client.send({ type: "note", id: String(sent).padStart(128, "n"), message: "" });
        sent += 1;
      }
    };
    // Sends until the daemon, whose replies are not read, reads no more.
    let stalled = 0;
    let buffered = 0;
    while (sent < 400_000 && stalled < 20) {
      flood();
      await other.request(tell);
      stalled = client.socket.bufferedAmount === buffered ? stalled + 1 : 0;
      buffered = client.socket.bufferedAmount;
    }
    expect(sent, "the daemon reads on without bound").to.be.below(400_000);
    expect(await other.request(tell)).to.include({ ok: true });
    client.socket.resume();
    for (let index = 0; index < sent; index += 1)
      expect((await client.reply())["id"]).to.equal(String(index).padStart(128, "n"));
    expect(await client.request({ type: "note", session })).to.include({ seq: sent + 2 });
  }).timeout(60_000);
});

describeOnEngines("the vectors of tells, over a socket,", (engine) => {
  it("leave the rows that they say", async () => {
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
