import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { copySqliteBinary, makeConsumer, packProject, runIn, runWell } from "../support/files/consumer.js";
import { packageJson, root } from "../support/files/project.js";

/** A program for Node that uses every entry point. */
const nodeProgram = `
import { Daemon, Database, type DaemonOptions } from "telltale";
import { Timestamp } from "telltale/protocol";
import { connect as connectPage } from "telltale/client";
import { type Client, connect } from "telltale/client/node";
export const options: Partial<DaemonOptions> = {};
export const client = (url: string): Promise<Client> => connect(url, { outbox: "memory" });
export { Daemon, Database, Timestamp, connectPage };
`;

/** A program for a browser, where no types of Node are. */
const pageProgram = `
import { Timestamp } from "telltale/protocol";
import { type Client, connect } from "telltale/client";
export const client = (url: string): Promise<Client> => connect(url);
export { Timestamp };
`;

/** Tells a trial by the client and reads it by the library. */
const session = `
import { Database } from "telltale";
import { connect } from "telltale/client/node";
const [url, db] = process.argv.slice(2);
const client = await connect(url, { outboxFile: "session.outbox" });
const session = await client.setup({ experiment_name: "packed", config_str: "[common]\\nparnames = [contrast]" });
session.tell({ config: { contrast: [0.25] }, outcome: 1 });
await session.finish();
await client.close();
const database = await Database.open(db, { readOnly: true });
console.log((await database.getMasterRecords()).map(({ experimentName }) => experimentName).join());
await database.close();
`;

const managers = {
  npm: {
    install: (archive: string, folder: string) =>
      runIn(folder, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", archive, "@types/node@20"), // prettier-ignore
    run: ["npx", "--no-install", "telltale"],
    resolutions: [
      ["node16", "node16"],
      ["nodenext", "nodenext"],
      ["bundler", "esnext"],
    ] as const,
  },
  pnpm: {
    // pnpm, which is no dependency of telltale, comes from the registry.
    install: async (archive: string, folder: string) => {
      const tools = join(folder, "..", "tools");
      await makeConsumer(tools);
      const { code, output } = await runIn(tools, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "pnpm@10"); // prettier-ignore
      if (code !== 0) return { code, output };
      const pnpm = join(tools, "node_modules", ".bin", "pnpm");
      const store = join(folder, "..", "store");
      return runIn(folder, pnpm, "add", "--ignore-scripts", "--prefer-offline", "--store-dir", store, archive, "@types/node@20"); // prettier-ignore
    },
    run: ["node_modules/.bin/telltale"],
    // Only where packages lie differs from npm.
    resolutions: [["nodenext", "nodenext"]] as const,
  },
};

describe("the packed telltale", function () {
  this.timeout(300_000);
  let folder: string;
  let archive: string;

  before(async function () {
    if (process.platform === "win32") this.skip();
    folder = await mkdtemp(join(tmpdir(), "telltale-package-"));
    archive = await packProject(folder);
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  for (const [manager, { install, run, resolutions }] of Object.entries(managers))
    describe(`installed by ${manager}`, () => {
      let consumer: string;
      let installed: string;

      before(async function () {
        consumer = join(folder, manager);
        await makeConsumer(consumer);
        const { code, output } = await install(archive, consumer);
        // A machine without a network has no registry.
        if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(output)) this.skip();
        expect(code, output).to.equal(0);
        installed = output;
        await copySqliteBinary(consumer);
      });

      it("installs without a warning", () => {
        const lines = installed.split("\n").filter((line) => /\bwarn\b|deprecated|unsupported/i.test(line));
        expect(lines).to.deep.equal([]);
      });

      for (const [resolution, module] of resolutions)
        it(`has types for moduleResolution ${resolution}, checked with those of its dependencies`, async () => {
          await writeFile(join(consumer, "program.ts"), nodeProgram);
          await writeFile(join(consumer, "page.ts"), pageProgram);
          const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
          const strict = ["--noEmit", "--strict", "--skipLibCheck", "false", "--target", "es2022"];
          const how = [...strict, "--module", module, "--moduleResolution", resolution];
          await runWell(consumer, process.execPath, tsc, ...how, "--lib", "esnext", "--types", "node", "program.ts"); // prettier-ignore
          await runWell(consumer, process.execPath, tsc, ...how, "--lib", "es2022,dom", "page.ts");
        });

      it("says its version", async () => {
        const [command = "", ...flags] = run;
        expect(await runWell(consumer, command, ...flags, "--version")).to.equal(`${packageJson.version}\n`);
      });

      it("stores a trial that its client tells, and reads it by its library", async () => {
        const db = join(await temporaryFolder(), "test.db");
        const telltale = join(consumer, "node_modules", ".bin", "telltale");
        const served = await DaemonProcess.startBy(telltale, ["serve", "--port", "0", "--db", db], {
          cwd: consumer,
          env: process.env,
        });
        await writeFile(join(consumer, "session.mjs"), session);
        expect(await runWell(consumer, process.execPath, "session.mjs", served.url, db)).to.equal("packed\n");
        const trials = await runWell(consumer, telltale, "trials", "last", "--db", db, "--format", "ndjson");
        expect(JSON.parse(trials)).to.deep.include({
          parameters: { contrast: 0.25 },
          outcomes: { outcome: 1 },
        });
        expect(await served.end("SIGTERM")).to.equal(0);
      });
    });
});
