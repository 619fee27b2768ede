import { expect } from "chai";
import { Client } from "../../../harness/client.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { setup, tell, useUndisturbedDaemon } from "./undisturbed.js";
import { badFrames } from "./frames.js";

describeOnEngines("A frame that cannot be a message", (engine) => {
  const fixture = useUndisturbedDaemon(engine);
  const { read } = fixture;

  for (const [what, frame, code, word] of badFrames) {
    it(`is answered and stored: ${what}, with ${code}`, async () => {
      const client = await Client.connect(fixture.daemon.url);
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

  it("is answered malformed and stored if it is text that is not valid UTF-8", async () => {
    const client = await Client.connect(fixture.daemon.url);
    const frame = Buffer.concat([
      Buffer.from('{"type": "ask", "message": "'),
      Buffer.from([0xff, 0xc0]),
      Buffer.from('"}'),
    ]);
    client.sendFrame(frame, false);
    expect(await client.reply()).to.include({ code: "malformed" });
    expect((await read("select contents from rejected_data"))[0]?.["contents"]).to.deep.equal(frame);
  });

  it("is stored with its length and its first MiB if it is malformed", async () => {
    const client = await Client.connect(fixture.daemon.url);
    client.sendFrame("x".repeat(3_000_000));
    expect(await client.reply()).to.include({ code: "malformed" });
    expect(await read("select length(contents) as kept, length from rejected_data")).to.deep.equal([
      { kept: 1024 * 1024, length: 3_000_000 },
    ]);
  });

  it("closes the connection with 1009 if it is over the size limit, and is noted without contents", async () => {
    const client = await Client.connect(fixture.daemon.url);
    client.sendFrame("x".repeat(16 * 1024 * 1024 + 1));
    expect(await client.closed()).to.equal(1009);
    await fixture.client.request(tell);
    expect(await read("select code, contents, length from rejected_data")).to.deep.equal([
      { code: "malformed", contents: null, length: null },
    ]);
  });

  it("is stored with the current session of its connection", async () => {
    const client = await Client.connect(fixture.daemon.url);
    const { session } = await client.request(setup);
    await client.request({ type: "BAD" });
    const rows = await read(
      "select session_id from rejected_data join master on master.unique_id = master_table_id",
    );
    expect(rows).to.deep.equal([{ session_id: session }]);
  });

  it("is answered with its type and id if they can be read", async () => {
    const client = await Client.connect(fixture.daemon.url);
    expect(await client.request({ type: "tell", id: "a", sent_at: "now" })).to.include({
      type: "tell",
      id: "a",
      code: "invalid",
    });
    expect(await client.request({ id: "b" })).to.include({ type: null, id: "b", code: "invalid" });
  });

  it("is answered without its type and id if they are too long", async () => {
    const client = await Client.connect(fixture.daemon.url);
    const reply = await client.request({ type: "t".repeat(1_000_000), id: "i".repeat(1_000_000) });
    expect(reply).to.include({ code: "invalid", type: null }).and.not.have.property("id");
  });
});
