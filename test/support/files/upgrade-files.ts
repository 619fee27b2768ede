/**
 * A process that upgrades many files side by side. With a number after a file's path and `=`, it kills itself when each file is at
 * its statement of that number, the first being 1: at the same moment SQLite is given them.
 */
import "reflect-metadata";
import { dirname } from "node:path";
import { upgradeFile } from "../../../src/maintenance/index.js";
import { meetStatements } from "../../../harness/upgrade/meet-statements.js";

const files = process.argv.slice(2).map((argument) => {
  const [path = "", number] = argument.split("=");
  return { path, last: number === undefined ? Infinity : Number(number) };
});
const lasts = new Map(files.map(({ path, last }) => [dirname(path), last]));
const met = new Map<string, number>();
const waiting: (() => void)[] = [];

meetStatements((file, _sql, execute) => {
  // The backup is in the same folder.
  const folder = dirname(file);
  const number = (met.get(folder) ?? 0) + 1;
  met.set(folder, number);
  const last = lasts.get(folder) ?? Infinity;
  if (number < last) execute();
  if (number !== last) return;
  waiting.push(execute);
  if (waiting.length < files.length) return;
  for (const one of waiting) one();
  process.kill(process.pid, "SIGKILL");
});

await Promise.all(files.map(({ path }) => upgradeFile(path, () => undefined)));
