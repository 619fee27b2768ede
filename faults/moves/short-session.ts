import { Client } from "../../harness/client.js";
import { digestOf } from "../ledger.js";
import { makeMessage, makeSetup } from "../messages.js";
import type { Random } from "../random.js";

const inFlight = 8;

/** An acknowledged message, as it must be found in a database. */
export interface StoredMessage {
  readonly session: string;
  readonly seq: number;
  readonly id: string;
  readonly digest: string;
  /** When it was sent, by `performance.now()`. */
  readonly sentAt: number;
}

/** Sends the messages of a new session until the connection ends or a message is not stored. */
export async function runShortSession(
  url: string,
  random: Random,
  onAcknowledged: (message: StoredMessage) => unknown,
): Promise<void> {
  const session = random.uuid();
  const client = Client.open(url);
  const awaited: Omit<StoredMessage, "seq">[] = [];
  const send = (id: string, message: object) => {
    const frame = JSON.stringify(message);
    awaited.push({ session, id, digest: digestOf(frame), sentAt: performance.now() });
    client.sendFrame(frame);
  };
  try {
    await new Promise((resolve, reject) => {
      client.socket.once("open", resolve).once("close", reject);
    });
    send("setup", makeSetup("setup", session));
    for (let number = 1; ; number += 1) {
      const { stored, seq } = await client.reply();
      const message = awaited.shift();
      if (!stored || seq === undefined || message === undefined) return;
      onAcknowledged({ ...message, seq });
      while (awaited.length < inFlight) {
        const id = `message-${number}-${awaited.length}`;
        send(id, makeMessage(random, id, number));
      }
    }
  } catch {
    // The daemon dropped the connection, or cannot be reached.
  } finally {
    client.socket.terminate();
  }
}
