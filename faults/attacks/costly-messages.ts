import { pack } from "msgpackr";
import { type Attack, repeat } from "./attack.js";
import { beginSession } from "./begin-session.js";

const inFlight = 4096;
const tells = 200;
const trialsATell = 1000;

/** The values of a message of 16 MiB whose bytes cost most, and of one that is just accepted. */
const values = { refused: 8_388_000, accepted: 500_000 };

export const costlyMessage: Attack = {
  name: "costly-message",
  title: "a costly message and its duplicate",
  how: "MessagePack messages of 8.4 and 0.5 million empty byte strings, each sent twice",
  allowedMb: 1000,
  run: async (target) => {
    const client = await beginSession(target, "messagepack");
    for (const [id, count] of Object.entries(values)) {
      const frame = makeFrame(id, count);
      for (const name of ["first", "again"]) {
        const from = performance.now();
        client.sendFrame(frame);
        const { code = "stored" } = await client.reply();
        target.note(
          `${count} values, ${name}: ${code as string} after ${Math.round(performance.now() - from)} ms`,
        );
      }
    }
    await client.close();
  },
};

export const repeatedId: Attack = {
  name: "repeated-id",
  title: "one message repeated",
  how: "one client that keeps 4,096 copies of one message in flight",
  allowedMb: 500,
  run: async (target) => {
    const client = await beginSession(target);
    const tell = { type: "tell", id: "repeated", message: { config: { x: [1] }, outcome: 1 } };
    for (let count = 0; count < inFlight; count += 1) client.send(tell);
    await repeat(async () => {
      await client.reply();
      client.send(tell);
    });
    for (let count = 0; count < inFlight; count += 1) await client.reply();
    await client.close();
  },
};

export const manyTrials: Attack = {
  name: "many-trials",
  title: "tells of many trials",
  how: "200 tells of 1,000 trials in flight",
  allowedMb: 600,
  run: async (target) => {
    const client = await beginSession(target);
    const trial = { config: { x: [1], y: [2] }, outcome: 1 };
    const message = Array.from({ length: trialsATell }, () => trial);
    for (let count = 0; count < tells; count += 1)
      client.send({ type: "tell", id: `many-${count}`, message });
    for (let count = 0; count < tells; count += 1) await client.reply();
    await client.close();
  },
};

/** A MessagePack message that is an array of empty byte strings. */
function makeFrame(id: string, count: number): Buffer {
  const envelope = pack({ type: "costly", id, message: null });
  const array = Buffer.alloc(5 + 2 * count);
  array.writeUInt8(0xdd, 0);
  array.writeUInt32BE(count, 1);
  for (let at = 5; at < array.length; at += 2) array.writeUInt16BE(0xc400, at);
  // The message is the last member: its nil gives way to the array.
  return Buffer.concat([envelope.subarray(0, -1), array]);
}
