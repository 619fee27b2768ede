import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { expect } from "chai";
import { Client } from "../../harness/client.js";
import { describeOnEngines } from "../../harness/engines.js";
import { runCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { sendAll, setupOf, tellOf } from "../support/client/send-all.js";
import { startDaemon, stopDaemons } from "../support/daemon/daemon.js";

const first = "aaaaaaaa-0000-4000-8000-000000000001";

describeOnEngines("reading commands", (engine) => {
  let db: string;
  const run = (...flags: string[]) => runCommand([...flags, "--db", db]);
  const print = async (...flags: string[]) => (await run(...flags)).stdout;

  beforeEach(async () => {
    db = await engine.makeReadyLocation();
  });

  it("distinguish NULL from an empty text in csv, and quote every kind of line end", async () => {
    const daemon = await startDaemon({ db });
    await sendAll(daemon, [setupOf(first), tellOf({ x: [null], y: [""], z: ["a\rb"] }, { outcome: null })]);
    await stopDaemons();
    const [, row] = (await print("trials", first, "--format", "csv")).split("\n");
    expect(row).to.match(/^aaaaaaaa-[^,]+,,[^,]+,[^,]*,1,2,[^,]+,,,true,,"","a\rb",$/);
  });

  it("print the same csv as export writes", async () => {
    const daemon = await startDaemon({ db });
    const formulas = { "=x": ["=1"], sign: ["+"], text: ["-0.5"], at: ["@SUM(A1)"] };
    await sendAll(daemon, [
      setupOf(first, { participant_id: "=P1" }),
      tellOf(formulas, "0412", { "-": "-" }),
    ]);
    await stopDaemons();
    const file = join(await temporaryFolder(), "a.csv");
    for (const flags of [[], ["--raw"], ["--columns", "sign,=x"]]) {
      const { code } = await run("export", "1", "--to", file, "--force", ...flags);
      expect(code).to.equal(0);
      const printed = await print("trials", "1", "--format", "csv", ...flags);
      expect(printed).to.equal(await readFile(file, "utf8"));
      expect(printed.includes("'=x")).to.equal(!flags.includes("--raw"));
    }
    const columns = parse(await print("sessions", "--format", "csv", "--columns", "participant_id,trials"));
    expect(columns).to.deep.equal([
      ["participant_id", "trials"],
      ["'=P1", "1"],
    ]);
  });

  it("say which tells gave no trial, and list metadata in columns", async () => {
    const daemon = await startDaemon({ db });
    const client = await Client.connect(daemon.url);
    await client.request(setupOf(first, { room: "2", messages: "many" }));
    await client.request(tellOf({ x: 1 }, []));
    await client.close();
    await stopDaemons();
    const sentence = "The `outcome` is empty; send null if there was no response. (seq 2";
    const { stderr } = await run("trials", "1");
    expect(stderr).to.equal(`1 tell gave no trial: ${sentence} of session ${first})\n`);
    const fields = parse(await print("show", "1", "--format", "csv"));
    expect(fields).to.deep.include(["underivable", `1 tell gave no trial: ${sentence})`]);
    const shown = JSON.parse(await print("show", "1")) as object;
    expect(shown).to.include({ trials: 0, underivable: 1 }).and.to.have.property("underivable_reasons");
    const [session] = parse<Record<string, string>>(await print("sessions", "--format", "csv"), {
      columns: true,
    });
    expect(session).to.include({ underivable: "1", rejected: "0", room: "2", metadata_messages: "many" });
  });
});
