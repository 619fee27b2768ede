import type { Socket } from "node:net";
import { Proxy } from "../../harness/proxy.js";
import type { Fault, FaultContext } from "../fault.js";
import type { Findings } from "../findings.js";
import { Laboratory } from "../laboratory.js";
import type { Random } from "../random.js";

/** What becomes of a connection once so many bytes have passed in one direction. */
const fates = [
  /** Both ends are told. */
  "cut",
  /** Only the client is told; the daemon goes on with what it has, and hears nothing more. */
  "half-open at the daemon",
  /** Only the daemon is told; the client hears nothing more. */
  "half-open at the client",
  /** Nothing passes for a time, longer or shorter than the client waits; then all of it does. */
  "stalled",
] as const;

const patienceMs = 300;
/** So that a connection sometimes ends in the handshake, and sometimes after some hundred messages. */
const mostBytes = 60_000;
/** For how long a daemon keeps half a connection here. */
const halfOpenMs = 2000;
const withinMsARound = 5000;

export const connectionsCut: Fault = {
  name: "connections-cut",
  title: "connection cut at random bytes, half-open, stalled",
  how: "a TCP proxy, in either direction; clients give up after 0.3 s and connect again",
  rounds: 500,
  run: cutConnections,
};

async function cutConnections(context: FaultContext): Promise<Findings> {
  const { random, rounds, note } = context;
  let met = 0;
  const meet = () => {
    met += 1;
    if (met % 50 === 0) note(`round ${met} of ${rounds}`);
  };
  const relay = (client: Socket, upstream: Socket) => {
    if (met >= rounds) pass(client, upstream);
    else new FatedConnection(client, upstream, random, meet);
  };
  const proxies: Proxy[] = [];
  const putBefore = async (url: string) => {
    const proxy = await Proxy.start(url, relay);
    proxies.push(proxy);
    return proxy.url;
  };
  const laboratory = await Laboratory.open(context, { patienceMs, putBefore });
  try {
    if (!(await laboratory.until(() => met >= rounds, rounds * withinMsARound)))
      laboratory.findings.report(`Only ${met} connections met their fate.`);
    await laboratory.examineKilled();
    return await laboratory.close();
  } catch (error) {
    await laboratory.abandon();
    throw error;
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  }
}

/** A connection that passes bytes on until its fate strikes; after a stall it gets another one. */
class FatedConnection {
  #fate: (typeof fates)[number] = "cut";
  /** Bytes until then, in one of the directions. */
  #left = 0;
  /** The end whose bytes are counted. */
  #counted: Socket | undefined;
  #isStruck = false;

  constructor(
    readonly client: Socket,
    readonly upstream: Socket,
    readonly random: Random,
    readonly onStrike: () => void,
  ) {
    this.#choose();
    this.#relay(client, upstream);
    this.#relay(upstream, client);
    client.on("close", () => {
      if (!(this.#isStruck && this.#fate === "half-open at the daemon")) upstream.destroy();
    });
    upstream.on("close", () => {
      if (!(this.#isStruck && this.#fate === "half-open at the client")) client.destroy();
    });
  }

  #choose(): void {
    const { random } = this;
    this.#fate = random.pick(fates);
    this.#left = 1 + Math.floor(mostBytes * random.next() ** 3);
    this.#counted = random.chance(0.5) ? this.client : this.upstream;
  }

  #relay(from: Socket, to: Socket): void {
    from.on("data", (chunk: Buffer) => {
      if (this.#isStruck) return;
      if (from === this.#counted) {
        this.#left -= chunk.length;
        to.write(chunk.subarray(0, chunk.length + Math.min(0, this.#left)));
        if (this.#left <= 0) this.#strike(to, chunk.subarray(chunk.length + this.#left));
      } else to.write(chunk);
    });
  }

  /** @param rest what has come and was not passed on. */
  #strike(to: Socket, rest: Buffer): void {
    const { client, upstream, random } = this;
    this.#isStruck = true;
    this.onStrike();
    switch (this.#fate) {
      case "cut":
        for (const socket of [client, upstream]) {
          if (random.chance(0.5)) socket.destroy();
          else socket.resetAndDestroy();
        }
        break;
      case "half-open at the daemon":
        client.destroy();
        setTimeout(() => upstream.destroy(), halfOpenMs);
        break;
      case "half-open at the client":
        upstream.destroy();
        break;
      case "stalled":
        client.pause();
        upstream.pause();
        setTimeout(
          () => {
            this.#isStruck = false;
            this.#choose();
            to.write(rest);
            client.resume();
            upstream.resume();
          },
          random.whole(0, 2 * patienceMs),
        );
        break;
    }
  }
}

function pass(client: Socket, upstream: Socket): void {
  client.pipe(upstream);
  upstream.pipe(client);
  client.on("close", () => upstream.destroy());
  upstream.on("close", () => client.destroy());
}
