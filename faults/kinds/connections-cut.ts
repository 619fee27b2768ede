import type { Socket } from "node:net";
import { Proxy } from "../../harness/proxy.js";
import type { Fault, FaultContext } from "../fault.js";
import type { Findings } from "../findings.js";
import { Laboratory } from "../laboratory.js";
import type { Random } from "../random.js";

/** How a connection fails after a number of bytes in one direction. */
const fates = [
  /** Both ends are closed. */
  "cut",
  /** Only the client's end is closed; the daemon's end stays open and silent. */
  "half-open at the daemon",
  /** Only the daemon's end is closed; the client's end stays open and silent. */
  "half-open at the client",
  /** Nothing passes for a time, longer or shorter than the client's timeout; then everything does. */
  "stalled",
] as const;

const patienceMs = 300;
/** Chosen so that some connections fail in the handshake and others after some hundred messages. */
const mostBytes = 60_000;
/** How long a daemon keeps a half-open connection here. */
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
      laboratory.findings.report(`Only ${met} connections were cut.`);
    await laboratory.examineKilled();
    return await laboratory.close();
  } catch (error) {
    await laboratory.abandon();
    throw error;
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  }
}

/** A proxied connection that forwards bytes until its failure; after a stall it gets another failure. */
class FatedConnection {
  #fate: (typeof fates)[number] = "cut";
  /** Bytes left until the failure, in the counted direction. */
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

  /** @param rest the bytes received but not forwarded. */
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
