import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readRows } from "../../harness/rows.js";
import type { Fault } from "../fault.js";
import { runRounds } from "../run-rounds.js";

const libraries = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(
  (machine) => `/usr/lib/${machine}/faketime/libfaketimeMT.so.1`,
);
const library = libraries.find((path) => existsSync(path));

/** The clock's offset from the true time, per round. */
const offsets = ["+1h", "-1h", "+30d", "-400d", "+0", "+10s", "-10s", "+3650d"];

export const clockSet: Fault = {
  name: "clock-set",
  title: "clock set forward and back",
  how: `libfaketime, by ${offsets.join(", ")}, while it runs`,
  rounds: 20,
  whyNot: () => (library === undefined ? "libfaketime is not here" : undefined),
  run: (context) => {
    const file = join(context.folder, "clock");
    setClock(file, "+0");
    const env = {
      LD_PRELOAD: library ?? "",
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      // Setting a machine's clock does not change the monotonic clock.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
    return runRounds(context, { daemon: { env } }, async (laboratory, number) => {
      setClock(file, offsets[number % offsets.length] ?? "+0");
      await laboratory.untilGoingOn();
      await laboratory.work(50, 200);
      if (number % offsets.length !== 3) return;
      // Make sure that the clock was really set.
      const [row] = await readRows(
        laboratory.location,
        "select min(timestamp) as first, max(timestamp) as last from replay_data",
      );
      const days = (Date.parse(String(row?.["last"])) - Date.parse(String(row?.["first"]))) / 86_400_000;
      if (!(days > 400)) laboratory.findings.report(`The daemon's clock moved by only ${days} days.`);
    });
  },
};

/** Replaces the file atomically: the daemon reads the old offset or the new one. */
function setClock(file: string, offset: string): void {
  writeFileSync(`${file}.new`, `${offset}\n`);
  renameSync(`${file}.new`, file);
}
