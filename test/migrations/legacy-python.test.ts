import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { codingOf, decodeFrame, formatJson, parseJson } from "../../src/protocol/index.js";
import { readRows } from "../../harness/rows.js";
import { expectUpgraded } from "../support/checks/expect-upgraded.js";
import {
  copyOf,
  generations,
  makeLegacy,
  readWithPython,
  recorded,
  upgrade,
  whyNoMaker,
  withFile,
} from "../support/files/legacy.js";

describe("the migration of AEPsych's files, compared with Python", () => {
  const whyNot = whyNoMaker();
  const maybe = whyNot === undefined ? it : it.skip;
  const note = whyNot === undefined ? "" : ` (skipped: ${whyNot})`;
  for (const generation of generations) {
    for (const protocol of [2, 3, 4, 5]) {
      maybe(
        `reads what Python reads from generation ${generation}, protocol ${protocol}${note}`,
        async () => {
          for (const flags of [[], ["--stimuli", "2"], ["--oddities"], ["--stimuli", "2", "--oddities"]]) {
            const size = ["--sessions", "2", "--trials", "4"];
            const path = await makeLegacy(
              "--generation",
              String(generation),
              "--pickle",
              String(protocol),
              ...size,
              ...flags,
            );
            const after = await copyOf(path);
            await upgrade(after);
            await expectUpgraded(path, after, readWithPython(path));
          }
        },
      );
    }
  }

  for (const name of ["test_original_schema", "single_stimuli", "extra_info"]) {
    const path = join(recorded, `${name}.db`);
    const why = existsSync(path) ? whyNot : "the files of AEPsych are not here";
    (why === undefined ? it : it.skip)(
      `keeps everything of ${name}.db${why === undefined ? "" : ` (skipped: ${why})`}`,
      async () => {
        const after = await copyOf(path);
        await upgrade(after);
        await expectUpgraded(path, after, readWithPython(path));
      },
    );
  }

  for (const name of ["single_stimuli", "extra_info"]) {
    const path = join(recorded, `${name}.db`);
    const isHere = existsSync(path);
    (isHere ? it : it.skip)(
      `finds the recorded messages in ${name}.db${isHere ? "" : " (skipped: the files of AEPsych are not here)"}`,
      async () => {
        const after = await copyOf(path);
        await upgrade(after);
        const rows = await readRows(
          after,
          "select timestamp, message_contents from replay_data order by unique_id",
        );
        const messages = rows.map((row) => {
          const frame = row["message_contents"] as Buffer;
          return formatJson(
            new Map([
              ["timestamp", row["timestamp"] as string],
              ["request", decodeFrame(frame, codingOf(frame))],
            ]),
          );
        });
        const lines = readFileSync(join(recorded, `${name}.messages.ndjson`), "utf8")
          .trim()
          .split("\n");
        expect(messages).to.deep.equal(lines.map((line) => formatJson(parseJson(line))));
        expect(
          await withFile(after, (dataSource) => dataSource.query("pragma foreign_key_check")),
        ).to.deep.equal([]);
      },
    );
  }
});
