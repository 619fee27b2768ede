import { once } from "node:events";
import { expect } from "chai";
import { Client } from "../../../harness/client.js";
import { startDaemon } from "../../support/daemon/daemon.js";
import { shakeHands } from "../../support/client/handshake.js";
import { get } from "../../support/client/http.js";
import { until } from "../../support/checks/until.js";
import { makeTokens } from "../../support/daemon/tokens.js";
import { connectTo, connectWith } from "../../support/client/plain.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

describe("The limits of connections", () => {
  it("refuse one connection too many of an address, until another closes", async () => {
    const daemon = await startDaemon({ maximumConnectionsOfAddress: 2 });
    const [first] = await Promise.all([Client.connect(daemon.url), Client.connect(daemon.url)]);
    const refused = await shakeHands(daemon);
    expect(refused).to.include({ status: 429 });
    expect(refused.json.code).to.equal("too_many_connections_of_address");
    expect(await get(daemon, "/api/sessions")).to.include({ status: 429 });
    await first.close();
    await until(async () => (await shakeHands(daemon)).status === 101);
  });

  it("refuse one connection too many in all, replays included, and keep the others", async () => {
    const daemon = await startDaemon({ maximumConnections: 2 });
    const client = await Client.connect(daemon.url);
    await client.request(setup);
    const replay = await connectWith(daemon, {}, [], "/replay?session=last");
    const refused = await shakeHands(daemon);
    expect(refused).to.include({ status: 503 });
    expect(refused.json.code).to.equal("too_many_connections");
    expect(refused.headers["retry-after"]).to.match(/^\d+$/);
    expect(await client.request(tell)).to.include({ ok: true });
    replay.terminate();
    await once(replay, "close");
    await until(async () => (await shakeHands(daemon)).status === 101);
  });

  it("admit a hundred participants behind one address by default", async () => {
    const daemon = await startDaemon();
    const clients = await Promise.all(Array.from({ length: 100 }, () => Client.connect(daemon.url)));
    const replies = await Promise.all(clients.map((client) => client.request(setup)));
    expect(replies.filter(({ ok }) => ok)).to.have.length(100);
  });

  it("drop connections beyond the limit when there are many of them too", async () => {
    const daemon = await startDaemon({ maximumConnections: 3 });
    const flood = await Promise.all(Array.from({ length: 40 }, () => connectTo(daemon)));
    await until(() => flood.filter(({ closed }) => closed).length >= 34);
    expect(flood.filter(({ closed }) => !closed).length).to.be.at.most(6);
    for (const stream of flood) stream.destroy();
    await until(async () => (await shakeHands(daemon).catch(() => ({ status: 0 }))).status === 101);
  });

  it("let in a client with a right token while connections without one take every place", async () => {
    const { tokenFile, both } = await makeTokens();
    const daemon = await startDaemon({ tokenFile, maximumConnections: 3 });
    const flood = await Promise.all(Array.from({ length: 40 }, () => connectTo(daemon)));
    await until(() => flood.filter(({ closed }) => closed).length >= 34);
    const authorization = `Bearer ${both}`;
    expect(await get(daemon, "/api/sessions", { authorization })).to.include({ status: 200 });
    expect(await shakeHands(daemon, { authorization })).to.include({ status: 101 });
    expect(await get(daemon, "/api/sessions", { authorization: `Bearer ${"x".repeat(40)}` })).to.include({
      status: 503,
    });
    for (const stream of flood) stream.destroy();
  });
});
