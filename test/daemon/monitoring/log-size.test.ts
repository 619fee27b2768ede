import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { LogSize } from "../../../src/daemon/monitoring/log-size.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";
import { collectLog } from "../../support/daemon/daemon.js";

describe("LogSize", () => {
  it("warns about a large log, once in the program's log", async () => {
    const path = join(await temporaryFolder(), "test.db");
    const { logger, lines } = collectLog();
    const logSize = new LogSize(path, logger, 2_000_000);
    await writeFile(`${path}-wal`, Buffer.alloc(2_000_000));
    expect(await logSize.look()).to.deep.equal({ bytes: 2_000_000 });
    await writeFile(`${path}-wal`, Buffer.alloc(3_000_000));
    expect(await logSize.look())
      .to.have.property("warning")
      .that.includes("3 MB");
    expect(await logSize.look())
      .to.have.property("warning")
      .that.includes("3 MB");
    expect(lines).to.have.length(1);
  });

  it("reports nothing without a log or without a file", async () => {
    const { logger } = collectLog();
    expect(await new LogSize(join(await temporaryFolder(), "test.db"), logger).look()).to.equal(undefined);
    expect(await new LogSize(undefined, logger).look()).to.equal(undefined);
  });
});
