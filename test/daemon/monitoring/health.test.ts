import { join } from "node:path";
import { expect } from "chai";
import { DiskSpace } from "../../../src/daemon/monitoring/disk-space.js";
import { Health } from "../../../src/daemon/monitoring/health.js";
import { LogSize } from "../../../src/daemon/monitoring/log-size.js";
import { OpenFileLimit } from "../../../src/daemon/monitoring/open-file-limit.js";
import { RecentFailures } from "../../../src/daemon/monitoring/recent-failures.js";
import { Store } from "../../../src/database/index.js";
import { collectLog } from "../../support/daemon/daemon.js";
import { lockWriters } from "../../../harness/rows.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";
import { until } from "../../support/checks/until.js";

function makeHealth(database: Store, path: string): Health {
  const { logger } = collectLog();
  return new Health(
    database,
    new DiskSpace(path, 0, logger),
    new LogSize(path, logger),
    new OpenFileLimit(logger),
    new RecentFailures(),
    "0.1.0",
  );
}

describe("Health", () => {
  it("probes once for all who ask during the probe", async () => {
    const path = join(await temporaryFolder(), "test.db");
    const database = await Store.open(path, { busyTimeoutMs: 3000 });
    const health = makeHealth(database, path);
    const unlock = await lockWriters(path);
    const first = health.check();
    // Longer than an answer stays fresh.
    const later = Date.now() + 1200;
    await until(() => Date.now() > later);
    const second = health.check();
    await unlock();
    expect(second).to.equal(first);
    expect(await first).to.include({ ok: true });
    await database.close();
  });

  it("probes again after a second", async () => {
    const path = join(await temporaryFolder(), "test.db");
    const database = await Store.open(path);
    const health = makeHealth(database, path);
    const first = health.check();
    await first;
    await until(() => health.check() !== first);
    expect(await health.check()).to.include({ ok: true });
    await database.close();
  });
});
