import type { QueryRunner } from "typeorm";
import { digestMessage, firstDigest } from "./message-digest.js";

/** At most so many messages are in memory, fewer where they are large; at least one. */
const rowsOfPage = 500;
const bytesOfPage = 8 * 1024 * 1024;

interface SessionRow {
  readonly unique_id: number;
  readonly session_id: string;
}

interface MessageRow {
  readonly unique_id: number;
  readonly seq: number;
  readonly message_id: string;
  readonly message_type: string | null;
  readonly message_contents: Uint8Array | null;
  readonly timestamp: string | null;
}

/** Writes the digest of every stored message, session by session, and marks them as computed later than on receipt. */
export async function chainMessages(queryRunner: QueryRunner): Promise<void> {
  const [counted] = await select<{ total: number | string }>(
    queryRunner,
    "SELECT count(*) AS total FROM replay_data",
  );
  let done = 0;
  for await (const session of sessions(queryRunner)) {
    let digest = firstDigest(session.session_id);
    let last = 0;
    for await (const page of messages(queryRunner, session.unique_id)) {
      const digests = page.map((row) => (digest = digestRow(digest, row)));
      const list = page.map(({ unique_id: id }, index) => `(${id}, '${digests[index]}')`).join(", ");
      await queryRunner.query(
        `WITH chained (id, digest) AS (VALUES ${list})
         UPDATE replay_data SET digest = chained.digest FROM chained WHERE unique_id = chained.id`,
      );
      last = page.at(-1)?.seq ?? last;
      done += page.length;
      queryRunner.connection.logger.logMigration(`digests: ${done} of ${Number(counted?.total)} messages`);
    }
    if (last === 0) continue;
    await queryRunner.query(
      `UPDATE master SET digest = '${digest}', late_digests = ${last} WHERE unique_id = ${session.unique_id}`,
    );
  }
}

function digestRow(previous: string, row: MessageRow): string {
  const { seq, message_id: id, message_type: type, message_contents: contents, timestamp: time } = row;
  return digestMessage(previous, { seq, id, type, contents, time });
}

async function* sessions(queryRunner: QueryRunner): AsyncGenerator<SessionRow> {
  for (let last = 0; ;) {
    const page = await select<SessionRow>(
      queryRunner,
      `SELECT unique_id, session_id FROM master WHERE unique_id > ${last} ORDER BY unique_id LIMIT ${rowsOfPage}`,
    );
    const end = page.at(-1);
    if (end === undefined) return;
    yield* page;
    last = end.unique_id;
  }
}

async function* messages(queryRunner: QueryRunner, masterId: number): AsyncGenerator<MessageRow[]> {
  for (let last = 0; ;) {
    const rest = `FROM replay_data WHERE master_table_id = ${masterId} AND seq > ${last}`;
    const sizes = await select<{ seq: number; size: number }>(
      queryRunner,
      `SELECT seq, coalesce(length(message_contents), 0) AS size ${rest} ORDER BY seq LIMIT ${rowsOfPage}`,
    );
    const end = endOfPage(sizes);
    if (end === undefined) return;
    yield await select<MessageRow>(
      queryRunner,
      `SELECT unique_id, seq, message_id, message_type, message_contents, timestamp ${rest} AND seq <= ${end} ORDER BY seq`,
    );
    last = end;
  }
}

function endOfPage(sizes: readonly { readonly seq: number; readonly size: number }[]): number | undefined {
  let total = 0;
  let end: number | undefined;
  for (const { seq, size } of sizes) {
    total += size;
    if (end !== undefined && total > bytesOfPage) break;
    end = seq;
  }
  return end;
}

async function select<Row>(queryRunner: QueryRunner, sql: string): Promise<Row[]> {
  return (await queryRunner.query(sql)) as Row[];
}
