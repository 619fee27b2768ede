import { link, mkdir, readFile, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { FileError, replaceFile } from "../../src/common/index.js";
import { rejection } from "../support/checks/rejection.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const { signal } = new AbortController();
const once = { isForced: false, signal };
const over = { isForced: true, signal };

// eslint-disable-next-line @typescript-eslint/require-await
async function* text(...pieces: string[]): AsyncGenerator<string> {
  yield* pieces;
}

describe("replaceFile", () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder, "trials.csv");
  });

  it("writes the text and leaves nothing else in the folder", async () => {
    await replaceFile(path, text("a,", "é\n"), once);
    expect(await readFile(path, "utf8")).to.equal("a,é\n");
    expect(await readdir(folder)).to.deep.equal(["trials.csv"]);
  });

  it("gives the file its name only when it is complete", async () => {
    let seen: string[] = [];
    async function* slow(): AsyncGenerator<string> {
      yield "first";
      seen = await readdir(folder);
      yield "second";
    }
    await replaceFile(path, slow(), once);
    expect(seen).to.have.lengthOf(1);
    expect(seen[0]).to.match(/^trials\.csv\.telltale-partial-[0-9a-f]{8}$/);
  });

  it("refuses to replace an existing file", async () => {
    await writeFile(path, "mine");
    const error = await rejection(replaceFile(path, text("new"), once));
    expect(error).to.be.instanceOf(FileError).and.to.include({ code: "exists" });
    expect((error as Error).message)
      .to.include(path)
      .and.to.include("--force");
    expect(await readFile(path, "utf8")).to.equal("mine");
    expect(await readdir(folder)).to.deep.equal(["trials.csv"]);
  });

  it("refuses to replace a file that appears while it writes", async () => {
    async function* late(): AsyncGenerator<string> {
      yield "new";
      await writeFile(path, "mine");
    }
    expect(await rejection(replaceFile(path, late(), once))).to.include({ code: "exists" });
    expect(await readFile(path, "utf8")).to.equal("mine");
    expect(await readdir(folder)).to.deep.equal(["trials.csv"]);
  });

  it("refuses to replace a dangling symlink", async () => {
    await symlink(join(folder, "nowhere"), path);
    expect(await rejection(replaceFile(path, text("new"), once))).to.include({ code: "exists" });
    expect(await readdir(folder)).to.deep.equal(["trials.csv"]);
  });

  it("replaces an existing file when forced, but not through its other hard links", async () => {
    await writeFile(path, "old");
    await link(path, join(folder, "other.csv"));
    await replaceFile(path, text("new"), over);
    expect(await readFile(path, "utf8")).to.equal("new");
    expect(await readFile(join(folder, "other.csv"), "utf8")).to.equal("old");
  });

  it("refuses to replace a folder even when forced", async () => {
    await mkdir(path);
    expect(await rejection(replaceFile(path, text("new"), over))).to.include({ code: "not_replaceable" });
    expect(await readdir(folder)).to.deep.equal(["trials.csv"]);
  });

  it("keeps the existing file and removes its own when the text fails", async () => {
    await writeFile(path, "old");
    async function* failing(): AsyncGenerator<string> {
      yield "new";
      await Promise.reject(new Error("no more"));
    }
    const error = await rejection(replaceFile(path, failing(), over));
    expect(error).to.include({ message: "no more" });
    expect(await readFile(path, "utf8")).to.equal("old");
    expect(await readdir(folder)).to.deep.equal(["trials.csv"]);
  });

  it("leaves nothing when it is aborted", async () => {
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<string> {
      for (let n = 0; ; n += 1) {
        if (n === 3) stop.abort();
        yield await Promise.resolve("more");
      }
    }
    await rejection(replaceFile(path, endless(), { isForced: false, signal: stop.signal }));
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it("reports a missing folder", async () => {
    const error = await rejection(replaceFile(join(folder, "no", "x.csv"), text("a"), once));
    expect(error).to.be.instanceOf(FileError).and.to.include({ code: "no_folder" });
  });

  it("accepts a name as long as the system allows", async () => {
    const name = "x".repeat(255);
    await replaceFile(join(folder, name), text("a"), once);
    expect(await readdir(folder)).to.deep.equal([name]);
  });

  it("reports a name that is too long", async () => {
    const error = await rejection(replaceFile(join(folder, "x".repeat(300)), text("a"), once));
    expect(error).to.include({ code: "cannot_write" });
    expect((error as Error).message).to.include("too long");
  });
});
