import type { Socket } from "node:net";
import type { Relay } from "../../harness/proxy.js";

/** How long a chunk is on its way, in ms. */
export type Delay = () => number;

/** Relays each chunk after a delay, in order; the first bytes of a connection, its handshake, too. */
export function delayed(there: Delay, back: Delay): Relay {
  return (client, upstream) => {
    forward(client, upstream, there);
    forward(upstream, client, back);
  };
}

function forward(from: Socket, to: Socket, delay: Delay): void {
  const waiting: { readonly chunk: Buffer; readonly dueMs: number }[] = [];
  let lastDueMs = 0;
  const deliver = () => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const leftMs = next.dueMs - performance.now();
      // A timer is a millisecond late: poll at the end.
      if (leftMs > 2) setTimeout(deliver, leftMs - 1.5);
      else if (leftMs > 0) setImmediate(deliver);
      if (leftMs > 0) return;
      waiting.shift();
      to.write(next.chunk);
    }
  };
  from.on("data", (chunk: Buffer) => {
    lastDueMs = Math.max(lastDueMs, performance.now() + delay());
    waiting.push({ chunk, dueMs: lastDueMs });
    if (waiting.length === 1) deliver();
  });
  from.on("close", () => {
    to.destroy();
  });
}
