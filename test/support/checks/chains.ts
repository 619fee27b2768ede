import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { digestMessage, firstDigest } from "../../../migrations/chain/message-digest.js";
import { readRows } from "../../../harness/rows.js";

/** Expects each message to have the digest that chains it, and each session that of its last message; returns how many there are. */
export async function expectChained(location: string): Promise<number> {
  const masters = await readRows(
    location,
    "select unique_id, session_id, digest from master order by unique_id",
  );
  let count = 0;
  for (const master of masters) {
    const messages = await readRows(
      location,
      `select seq, message_id, message_type, message_contents, timestamp, digest from replay_data
       where master_table_id = ${String(master["unique_id"])} order by seq`,
    );
    let digest = firstDigest(master["session_id"] as string);
    for (const row of messages) {
      digest = digestMessage(digest, {
        seq: row["seq"] as number,
        id: row["message_id"] as string,
        type: row["message_type"] as string | null,
        contents: row["message_contents"] as Uint8Array | null,
        time: row["timestamp"] as string | null,
      });
      expect(row["digest"], `message ${String(row["seq"])}`).to.equal(digest);
    }
    expect(master["digest"]).to.equal(messages.length === 0 ? null : digest);
    count += messages.length;
  }
  return count;
}

const readFile = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
for master, session in database.execute("select unique_id, session_id from master order by unique_id"):
    rows = database.execute(
        "select seq, message_id, message_type, message_contents, timestamp from replay_data "
        "where master_table_id = ? order by seq", (master,))
    print(*digests(session, rows), sep="\\n")
`;

/** The digests of a SQLite file's messages, computed by the Python of docs/PROTOCOL.md. */
export function computeWithPython(path: string): string[] {
  const [, code = ""] =
    /```python\n(import hashlib[^]*?)```/.exec(readFileSync("docs/PROTOCOL.md", "utf8")) ?? [];
  const { stdout, stderr } = spawnSync("python3", ["-c", code + readFile, path], { encoding: "utf8" });
  expect(stderr).to.equal("");
  return stdout.trim().split("\n");
}
