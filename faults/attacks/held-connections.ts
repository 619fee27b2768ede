import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { makeTokenLine } from "../../src/access/index.js";
import { Client } from "../../harness/client.js";
import { holdSnapshot } from "../../harness/sqlite-rows.js";
import { formatNumber } from "../../harness/table.js";
import { type Attack, attackMs } from "./attack.js";
import { beginSession } from "./begin-session.js";
import { connectRaw, upgradeRaw } from "./raw-connection.js";

const unfinished = 60;
const unfinishedBytes = 15 * 1024 * 1024;
const chunk = Buffer.alloc(64 * 1024);
const idle = 1000;
const heldBytes = 120e6;
const growsWithinMs = 30_000;
/** The files that a daemon may open, of which it needs a part itself, and the connections that come then. */
const files = { allowed: 128, connections: 300 };

export const unfinishedFrames: Attack = {
  name: "unfinished-frames",
  title: "frames that never end",
  how: "60 connections that send a frame of 15 MiB without its last byte",
  allowedMb: 1500,
  run: async ({ daemon, note }) => {
    const sockets = await Promise.all(Array.from({ length: unfinished }, () => upgradeRaw(daemon)));
    for (const socket of sockets) {
      socket.resume();
      socket.write(frameHeader(unfinishedBytes));
      for (let sent = chunk.length; sent < unfinishedBytes; sent += chunk.length) socket.write(chunk);
    }
    await pause(attackMs);
    note(
      `${sockets.filter(({ destroyed, readyState }) => destroyed || readyState !== "open").length} of ${unfinished} were closed`,
    );
    for (const socket of sockets) socket.destroy();
  },
};

export const logHeld: Attack = {
  name: "log-held",
  title: "a reader that holds the log",
  how: "another program holds a read transaction open while 120 MB are stored",
  allowedMb: 600,
  run: async ({ daemon, location, random, note, report }) => {
    const letGo = await holdSnapshot(location);
    const client = await beginSession({ daemon, random });
    const readSize = async () => (await stat(`${location}-wal`)).size;
    let size = 0;
    for (const end = performance.now() + growsWithinMs; size < heldBytes && performance.now() < end;) {
      await client.request({ type: "strat", message: "m".repeat(1_000_000) });
      size = await readSize();
    }
    const answer = await fetch(new URL("/healthz", daemon.url.replace(/^ws/, "http")));
    const { wal_bytes: told } = (await answer.json()) as { wal_bytes?: number };
    note(
      `the log grew to ${formatNumber(size / 1e6)} MB; /healthz says ${formatNumber((told ?? NaN) / 1e6)} MB`,
    );
    if (size >= heldBytes && (told ?? 0) < heldBytes) report("/healthz does not say how large the log is.");
    await client.close();
    await letGo();
  },
};

export const tooManyFiles: Attack = {
  name: "too-many-files",
  title: "out of file descriptors",
  how: "300 connections to a daemon that may open 128 files",
  configure: () => Promise.resolve({ daemon: { under: ["prlimit", `--nofile=${files.allowed}`] } }),
  allowedMb: 400,
  run: async ({ daemon, note }) => {
    const before = daemon.warnings.length;
    const sockets = await Promise.all(Array.from({ length: files.connections }, () => connectRaw(daemon)));
    await pause(attackMs);
    for (const socket of sockets) socket.destroy();
    note(`${daemon.warnings.length - before} lines in the log, such as: ${daemon.warnings.at(-1) ?? "none"}`);
  },
};

export const idleConnections: Attack = {
  name: "idle-connections",
  title: "idle connections without a token",
  how: "1,000 idle connections, while a client with a right token connects",
  configure: async (folder) => {
    const [file, line] = [join(folder, "tokens"), makeTokenLine("read,write")];
    await writeFile(file, `${line}\n`, { mode: 0o600 });
    return {
      daemon: { flags: ["--token-file", file, "--max-connections-per-address", "2000"] },
      headers: { authorization: `Bearer ${line.split(" ")[1] ?? ""}` },
    };
  },
  allowedMb: 400,
  run: async ({ daemon, headers, report }) => {
    const sockets = await Promise.all(Array.from({ length: idle }, () => connectRaw(daemon)));
    const client = await Client.connect(daemon.url, "json", { headers }).catch((error: unknown) => {
      report(`A client with a right token was refused: ${String(error)}`);
      return undefined;
    });
    await client?.close();
    for (const socket of sockets) socket.destroy();
  },
};

/** The header of a binary frame from a client, with a mask of zeros. */
function frameHeader(length: number): Buffer {
  const header = Buffer.alloc(14);
  header.writeUInt8(0x82, 0);
  header.writeUInt8(0x80 | 127, 1);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
