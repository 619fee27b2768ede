import { open } from "node:fs/promises";
import { cpus, totalmem, type, release, arch } from "node:os";
import { join } from "node:path";
import sqlite3 from "sqlite3";
import { quantile } from "../harness/statistics.js";
import { formatNumber } from "../harness/table.js";

/** The machine and software that a run's results depend on, as a Markdown list. */
export async function describeMachine(folder: string): Promise<string> {
  const processors = cpus();
  const lines = [
    `Date: ${new Date().toISOString()}`,
    `CPU: ${processors.length} × ${processors[0]?.model.trim() ?? "of unknown model"}`,
    `Memory: ${formatNumber(totalmem() / 1e9, 1)} GB`,
    `OS: ${type()} ${release()}, ${arch()}`,
    `Node ${process.version}, SQLite ${sqlite3.VERSION}`,
    `Disk: 4 KiB written and synced in ${formatNumber(await measureSyncMs(folder), 2)} ms (p50 of ${syncs})`,
  ];
  return lines.map((line) => `- ${line}`).join("\n");
}

const syncs = 200;

/** The median time to write and sync a page on the disk, in ms. */
async function measureSyncMs(folder: string): Promise<number> {
  const file = await open(join(folder, "sync"), "w");
  try {
    const page = Buffer.alloc(4096, 1);
    const latenciesMs: number[] = [];
    for (let count = 0; count < syncs; count += 1) {
      const start = performance.now();
      await file.write(page);
      await file.sync();
      latenciesMs.push(performance.now() - start);
    }
    return quantile(latenciesMs, 0.5);
  } finally {
    await file.close();
  }
}
