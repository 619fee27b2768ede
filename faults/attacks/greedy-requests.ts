import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { defaultReadLimits } from "../../src/http/index.js";
import { Client } from "../../harness/client.js";
import { makeSetup } from "../messages.js";
import { type Attack, type Target, attackMs, repeat, whenClosed } from "./attack.js";
import { connectRaw, getRequest } from "./raw-connection.js";

const sessions = 4000;
const exports = 1000;
/** After how long the client of an export leaves. */
const leaveAfterMs = 8;
const pipelines = 5;
/** How many requests a pipelining client sends at once, again and again. */
const requestsAtOnce = 2000;
const readers = 100;
/** How many reads the daemon allows at once by default. */
const { maximumReads } = defaultReadLimits;
/** The bytes of the larger messages that one client reads again and again. */
const largeBytes = [900_000, 7_700_000];

export const abandonedExports: Attack = {
  name: "abandoned-exports",
  title: "exports whose clients leave",
  how: "4,000 sessions, 1,000 exports of all whose clients leave after 8 ms",
  allowedP99Ms: 50,
  allowedMb: 300,
  prepare: fillWithSessions,
  run: async ({ daemon }) => {
    for (let count = 0; count < exports; count += 1) {
      const socket = await connectRaw(daemon);
      socket.write(getRequest(daemon, "/api/export?all=true&format=csv"));
      await pause(leaveAfterMs);
      socket.destroy();
    }
  },
};

export const pipelinedRequests: Attack = {
  name: "pipelined-requests",
  title: "requests sent without waiting",
  how: "five connections that send GET / without waiting for answers",
  allowedP99Ms: 50,
  allowedMb: 300,
  run: async ({ daemon }) => {
    const requests = getRequest(daemon, "/").repeat(requestsAtOnce);
    const pipeline = () =>
      repeat(async () => {
        const socket = await connectRaw(daemon);
        socket.resume();
        socket.write(requests);
        socket.on("drain", () => socket.write(requests));
        await whenClosed(socket, attackMs);
        socket.destroy();
      });
    await Promise.all(Array.from({ length: pipelines }, pipeline));
  },
};

export const largeReads: Attack = {
  name: "large-reads",
  title: "large messages read again and again",
  how: "one client reads a session with messages of 0.9 and 7.7 MB over and over",
  allowedMb: 600,
  prepare: fillWithLargeMessages,
  run: async ({ daemon }) => {
    await repeat(async () => {
      const socket = await connectRaw(daemon);
      socket.write(getRequest(daemon, "/api/sessions/1/messages", "Connection: close\r\n"));
      socket.resume();
      await once(socket, "close");
    });
  },
};

export const manyReaders: Attack = {
  name: "many-readers",
  title: "readers that take nothing",
  how: "100 connections that each request 600 messages of 20 kB and read nothing; at most 32 reads begin",
  allowedMb: 800,
  prepare: fillWithManyMessages,
  run: async ({ daemon, note, report }) => {
    let begun = 0;
    const sockets = await Promise.all(
      Array.from({ length: readers }, async () => {
        const socket = await connectRaw(daemon);
        socket.once("data", () => {
          begun += 1;
          socket.pause();
        });
        socket.write(getRequest(daemon, "/api/sessions/1/messages"));
        return socket;
      }),
    );
    // The others wait for 10 s before they are refused.
    await pause(attackMs);
    note(`${begun} of ${readers} reads began`);
    if (begun > maximumReads) report(`${begun} reads were open at once.`);
    for (const socket of sockets) socket.destroy();
  },
};

async function fillWithLargeMessages({ daemon, random }: Target): Promise<void> {
  const client = await Client.connect(daemon.url);
  await client.request(makeSetup("setup", random.uuid()));
  for (const bytes of largeBytes) {
    const numbers = Array.from({ length: bytes / 9 }, (_, index) => 10_000_000 + index);
    await client.request({ type: "large", message: numbers });
  }
  await client.close();
}

async function fillWithManyMessages({ daemon, random }: Target): Promise<void> {
  const client = await Client.connect(daemon.url);
  await client.request(makeSetup("setup", random.uuid()));
  for (let count = 0; count < 600; count += 1) client.send({ type: "note", message: "m".repeat(20_000) });
  for (let count = 0; count < 600; count += 1) await client.reply();
  await client.close();
}

async function fillWithSessions({ daemon, random }: Target): Promise<void> {
  const client = await Client.connect(daemon.url);
  for (let done = 0; done < sessions; done += 100) {
    for (let count = 0; count < 100; count += 1) client.send(makeSetup("setup", random.uuid()));
    for (let count = 0; count < 100; count += 1) await client.reply();
  }
  await client.close();
}
