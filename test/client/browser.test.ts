import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { RunningChromium, findChromium } from "../support/client/chromium.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { readRows } from "../../harness/rows.js";
import { Site } from "../support/client/site.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { until } from "../support/checks/until.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** An experiment as a program that is bundled has it. */
const bundledExperiment = `
  import { connect } from "telltale/client";
  window.run = async () => {
    const client = await connect("ws://" + location.host, { name: "bundled" });
    const session = await client.setup({ participant_id: "P1" });
    const reply = await session.tell({ config: { x: 1 }, outcome: 1, when: new Date(0) });
    await session.finish();
    await client.close();
    return reply.seq;
  };
`;

const connectHere = `telltale.connect("ws://" + location.host)`;

describe("the client in a browser", () => {
  const executable = findChromium();
  let files: Record<string, string>;
  let db: string;
  let site: Site;
  let profile: string;
  let chromium: RunningChromium;

  before(async function () {
    if (executable === undefined) {
      console.log("      skipped: there is no Chromium here");
      this.skip();
    }
    const bundled = await build({
      stdin: { contents: bundledExperiment, resolveDir: root },
      bundle: true,
      write: false,
      format: "esm",
    });
    files = {
      "/": `<!doctype html><title>Experiment</title><script src="telltale-client.js"></script>`,
      "/bundled": `<!doctype html><title>Bundled</title><script type="module" src="bundled.js"></script>`,
      "/telltale-client.js": await readFile(join(root, "dist/client/telltale-client.js"), "utf8"),
      "/bundled.js": bundled.outputFiles[0]?.text ?? "",
    };
  });

  beforeEach(async () => {
    const folder = await temporaryFolder();
    db = join(folder, "test.db");
    profile = join(folder, "profile");
    const daemon = await startDaemon({ db });
    site = await Site.start(files, daemon.url);
    chromium = await RunningChromium.start(executable ?? "", profile);
  });

  afterEach(async () => {
    await chromium.kill();
    await site.stop();
  });

  const readTrials = async () =>
    (await readRows(db, "select param_value from param_data order by unique_id")).map(({ param_value }) =>
      Number(param_value),
    );

  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  /** Sets a session up, loses the daemon, and tells trials that only the outbox has. */
  async function tellInVain(page: Page, count: number): Promise<void> {
    await page.evaluate(`(async () => {
      window.client = await ${connectHere};
      window.session = await client.setup({});
      client.on("disconnected", () => (window.isLost = true));
    })()`);
    site.cut();
    await page.waitForFunction("window.isLost");
    await page.evaluate(
      `for (let x = 1; x <= ${count}; x += 1) void session.tell({ config: { x }, outcome: 1 })`,
    );
    await until(async () => (await countKept(page)) === count);
  }

  const countKept = (page: Page) =>
    page.evaluate<number>(`new Promise((resolve) => {
      const opening = indexedDB.open("telltale outbox telltale");
      opening.onsuccess = () => {
        const counting = opening.result.transaction("waiting").objectStore("waiting").count();
        counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
      };
    })`);

  it("runs from a script tag, and delivers a tell that is not awaited", async () => {
    const page = await chromium.open(site.url);
    const result = await page.evaluate(`(async () => {
      const client = await ${connectHere};
      const session = await client.setup({ config_str: "[common]\\nparnames = [x]" });
      for (let x = 1; x <= 200; x += 1) void session.tell({ config: { x }, outcome: x % 2 });
      await session.flush();
      const { success } = await session.finish();
      await client.close();
      return { pending: session.pending, success };
    })()`);
    expect(result).to.deep.equal({ pending: 0, success: true });
    expect(await readTrials()).to.deep.equal(upTo(200));
    expect(await countKept(page)).to.equal(0);
  });

  it("runs in a bundle, and sends dates as MessagePack", async () => {
    const page = await chromium.open(`${site.url}/bundled`);
    await page.waitForFunction("window.run");
    expect(await page.evaluate("run()")).to.equal(2);
    expect(await readRows(db, "select extra_data from raw_data")).to.deep.equal([
      { extra_data: '{"when":{"$timestamp":"1970-01-01T00:00:00.000000000Z"}}' },
    ]);
  });

  it("sends the messages that a reload left first, in order and once", async () => {
    const page = await chromium.open(site.url);
    await tellInVain(page, 20);
    const id = await page.evaluate<string>("session.id");
    await page.reload();
    site.isCut = false;
    await page.evaluate(`(async () => {
      const client = await ${connectHere};
      const session = await client.resume("${id}");
      await session.tell({ config: { x: 21 }, outcome: 1 });
    })()`);
    expect(await readTrials()).to.deep.equal(upTo(21));
  });

  it("sends the messages that a killed browser left first", async () => {
    await tellInVain(await chromium.open(site.url), 20);
    await chromium.kill();
    site.isCut = false;
    chromium = await RunningChromium.start(executable ?? "", profile);
    const page = await chromium.open(site.url);
    await page.evaluate(`(async () => {
      const client = await ${connectHere};
      await client.flush();
    })()`);
    expect(await readTrials()).to.deep.equal(upTo(20));
  });

  it("names likely causes when the browser gives no reason for a failed connection", async () => {
    const page = await chromium.open(site.url);
    const warnings: string[] = [];
    page.on("console", (line) => line.type() === "warning" && warnings.push(line.text()));
    site.isCut = true;
    await page.evaluate(`(async () => void (await ${connectHere}).setup({}))()`);
    await until(() => warnings.length > 0);
    expect(warnings[0]).to.match(
      /^No connection to telltale \(nothing answers at this address, or telltale refuses/,
    );
  });

  it("leaves an open page's messages to that page", async () => {
    const first = await chromium.open(site.url);
    await tellInVain(first, 20);
    const openBeside = async () => {
      const page = await chromium.open(site.url);
      return {
        page,
        pending: await page.evaluate(`(async () => (window.client = await ${connectHere}).pending)()`),
      };
    };
    expect((await openBeside()).pending).to.equal(0);
    await first.close();
    const later = await openBeside();
    expect(later.pending).to.equal(20);
    site.isCut = false;
    await later.page.evaluate("client.flush()");
    expect(await readTrials()).to.deep.equal(upTo(20));
  });

  it("stores messages once that two pages send without Web Locks", async () => {
    const first = await chromium.open(site.url);
    await tellInVain(first, 20);
    const second = await chromium.open(site.url, "delete Navigator.prototype.locks");
    expect(await second.evaluate(`(async () => (window.client = await ${connectHere}).pending)()`)).to.equal(
      20,
    );
    site.isCut = false;
    await Promise.all([first.evaluate("client.flush()"), second.evaluate("client.flush()")]);
    expect(await readTrials()).to.deep.equal(upTo(20));
    await until(async () => (await countKept(first)) === 0);
  });
});
