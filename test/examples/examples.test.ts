import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { findFreePort } from "../../harness/free-port.js";
import { RunningChromium, findChromium } from "../support/client/chromium.js";
import { type Row, readRows } from "../../harness/rows.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { until } from "../support/checks/until.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const examples = join(root, "examples");
const python = "/usr/bin/python3";

/** What the examples send of each trial. */
interface ToldTrial {
  readonly contrast: number;
  readonly outcome: number;
  readonly extra: Row;
}

/** Allows pages that are opened from a file. */
const openToPages = ["--allow-origin", "null"];

describe("the examples", () => {
  let db: string;
  let folder: string;
  let port: string;
  let served: DaemonProcess;

  beforeEach(async () => {
    db = join(await temporaryFolder(), "test.db");
    folder = await temporaryFolder();
    port = String(await findFreePort());
    served = await DaemonProcess.start(db, { flags: ["--port", port, ...openToPages] });
  });

  const countTrials = async () =>
    (await readRows(db, "select count(*) as n from raw_data"))[0]?.["n"] as number;

  /** The daemon dies, stays away until `whileAway` is done, and comes back at the same address. */
  async function interrupt(whileAway: () => Promise<void>): Promise<void> {
    await served.end("SIGKILL");
    await whileAway();
    served = await DaemonProcess.start(db, { flags: ["--port", port, ...openToPages] });
  }

  /** The trials of the one session that there is, which is whole: a setup, tells, an exit, each once and in order. */
  async function readSession(trials: number): Promise<ToldTrial[]> {
    const messages = await readRows(
      db,
      "select seq, message_type as type from replay_data where derivation_error is null order by seq",
    );
    expect(messages.map(({ seq }) => seq)).to.deep.equal(messages.map((_, index) => index + 1));
    // A client that was cut off resumes its session, which is a message too.
    expect(messages.map(({ type }) => type).filter((type) => type !== "resume")).to.deep.equal([
      "setup",
      ...Array.from({ length: trials }, () => "tell"),
      "exit",
    ]);
    expect(await readRows(db, "select count(*) as n from rejected_data")).to.deep.equal([{ n: 0 }]);
    const rows = await readRows(
      db,
      `select param_name, param_value, outcome_value, extra_data from raw_data
       join param_data on param_data.iteration_id = raw_data.unique_id
       join outcome_data on outcome_data.iteration_id = raw_data.unique_id order by raw_data.unique_id`,
    );
    expect(rows).to.have.lengthOf(trials);
    return rows.map((row) => {
      expect(row["param_name"]).to.equal("contrast");
      return {
        contrast: Number(row["param_value"]),
        outcome: row["outcome_value"] as number,
        extra: JSON.parse(row["extra_data"] as string) as Row,
      };
    });
  }

  /** Runs a program, in the middle of which the daemon goes away, to its end. */
  async function runInterrupted(command: string, ...flags: string[]): Promise<string> {
    const child = spawn(command, [...flags], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    const ended = once(child, "exit");
    const waitFor = (trial: number) =>
      until(() => output.includes(`trial ${trial}:`) || child.exitCode !== null);
    try {
      await waitFor(5);
      await interrupt(() => waitFor(10));
      const [code] = (await ended) as [number | null];
      expect(code, output).to.equal(0);
    } finally {
      child.kill("SIGKILL");
    }
    return output;
  }

  /** The participant of both programs sees what has a contrast over 0.3. */
  function expectSimulated(trials: readonly ToldTrial[]): void {
    for (const { contrast, outcome, extra } of trials) {
      expect(outcome).to.equal(contrast > 0.3 ? 1 : 0);
      expect(extra["rt"]).to.be.greaterThan(0);
    }
  }

  it("send every trial from Node once, also when the daemon is killed in the middle", async () => {
    const output = await runInterrupted(
      process.execPath,
      join(examples, "node", "experiment.mjs"),
      served.url,
      join(folder, "experiment.outbox"),
    );
    expect(output)
      .to.include("No connection")
      .and.match(/The session \S+ is stored\.\n$/);
    expectSimulated(await readSession(20));
  });

  it("send every trial from Python once, also when the daemon is killed in the middle", async function () {
    // The system's Python has the package where it was installed with apt.
    if (spawnSync(python, ["-c", "import websockets"]).status !== 0) this.skip();
    const output = await runInterrupted(python, join(examples, "python", "experiment.py"), served.url);
    expect(output).to.match(/The session \S+ is stored\.\n$/);
    expectSimulated(await readSession(20));
  });

  describe("in a browser", () => {
    let chromium: RunningChromium | undefined;
    let page: Page;

    before(function () {
      if (findChromium() === undefined) this.skip();
    });

    afterEach(async () => {
      await chromium?.kill();
      chromium = undefined;
    });

    /** Opens a page of the examples as a file, as somebody does who tries it. */
    async function open(name: string): Promise<void> {
      chromium = await RunningChromium.start(findChromium()!, join(folder, "profile"));
      // What the page loads from the registry's mirror is here already, and there may be no network.
      await chromium.browser.contexts()[0]?.route("https://unpkg.com/**", (route) => {
        const { pathname } = new URL(route.request().url());
        const [, inPackage = ""] = /^\/jspsych@[0-9.]+(.*)$/.exec(pathname) ?? [];
        const file = inPackage === "" ? "/dist/index.browser.min.js" : inPackage;
        return route.fulfill({ path: join(root, "node_modules", "jspsych", file) });
      });
      const address = pathToFileURL(join(examples, name, "index.html"));
      address.search = `?telltale=${encodeURIComponent(served.url)}&participant=P007`;
      page = await chromium.open(address.href);
    }

    const press = async (key: string) => {
      await page.getByText("do you see a disc", { exact: false }).waitFor();
      await page.keyboard.press(key);
    };

    const expectParticipant = async (name: string) => {
      expect(await readRows(db, "select experiment_name, participant_id from master")).to.deep.equal([
        { experiment_name: name, participant_id: "P007" },
      ]);
    };

    /** Answers ten trials, in the middle of which the daemon goes away. */
    async function answer(): Promise<string[]> {
      const keys = Array.from({ length: 10 }, (_, trial) => (trial % 3 === 0 ? "n" : "y"));
      for (const key of keys.slice(0, 4)) await press(key);
      await until(async () => (await countTrials()) === 4);
      await interrupt(async () => {
        for (const key of keys.slice(4)) await press(key);
        await page.getByText("Saving").waitFor();
      });
      await page.getByText("Thank you").waitFor();
      return keys;
    }

    it("send every trial of a plain page once, also when the daemon is killed in the middle", async () => {
      await open("web-page");
      const keys = await answer();
      const trials = await readSession(10);
      expect(trials.map(({ outcome }) => outcome)).to.deep.equal(keys.map((key) => (key === "y" ? 1 : 0)));
      for (const { contrast, extra } of trials) {
        expect(contrast).to.be.within(0, 0.25);
        expect(extra["rt"]).to.be.greaterThan(0);
      }
      await expectParticipant("contrast");
    });

    it("send the remaining trials when a plain page is opened again", async () => {
      await open("web-page");
      for (const key of ["y", "n"]) await press(key);
      await until(async () => (await countTrials()) === 2);
      await interrupt(async () => {
        await press("y");
        await press("y");
        await page.getByText("5 of 10").waitFor();
        await page.reload();
        await page.getByText("Connecting").waitFor();
      });
      await page.getByText("1 of 10").waitFor();
      const told = () =>
        readRows(
          db,
          `select outcome_value as outcome from raw_data join outcome_data on iteration_id = raw_data.unique_id
           where master_table_id = 1 order by raw_data.unique_id`,
        );
      await until(async () => (await told()).length === 4);
      expect(await told()).to.deep.equal([1, 0, 1, 1].map((outcome) => ({ outcome })));
    });

    it("send every trial of jsPsych once, with what its on_finish adds, also when the daemon is killed", async () => {
      await open("jspsych");
      const keys = await answer();
      const trials = await readSession(10);
      expect(trials.map(({ outcome }) => outcome)).to.deep.equal(keys.map((key) => (key === "y" ? 1 : 0)));
      expect(trials.map(({ contrast }) => contrast).sort((a, b) => a - b)).to.deep.equal([
        0, 0, 0.02, 0.02, 0.05, 0.05, 0.1, 0.1, 0.2, 0.2,
      ]);
      for (const [index, { contrast, outcome, extra }] of trials.entries()) {
        expect(extra).to.include({
          contrast,
          seen: outcome,
          correct: (outcome === 1) === contrast > 0,
          trial_index: index,
          trial_type: "disc",
        });
        expect(extra["rt"]).to.be.a("number");
      }
      await expectParticipant("discs");
    });
  });
});
