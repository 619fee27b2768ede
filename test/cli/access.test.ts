import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { hasOpenssl, makeCertificate } from "../support/daemon/certificate.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { writeTimedSession } from "../support/database/write-timed-session.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { runCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { makeTokens } from "../support/daemon/tokens.js";

describe("telltale token", () => {
  it("creates a line of a token file that serve accepts", async () => {
    const tokenFile = join(await temporaryFolder(), "tokens.txt");
    let text = "";
    for (const scope of ["write", "read", "read,write"]) {
      const { code, stdout, stderr } = await runCommand(["token", scope]);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      expect(stdout).to.match(new RegExp(`^${scope} [A-Za-z0-9_-]{43}\n$`));
      text += stdout;
    }
    await writeFile(tokenFile, text);
    await chmod(tokenFile, 0o600);
    const db = join(await temporaryFolder(), "test.db");
    const served = await DaemonProcess.start(db, { flags: ["--host", "0.0.0.0", "--token-file", tokenFile] });
    expect(await served.end("SIGTERM")).to.equal(0);
  });

  for (const flags of [[], ["admin"], ["read,"], ["READ"]]) {
    it(`refuses \`${flags.join(" ")}\``, async () => {
      const { code, stdout, stderr } = await runCommand(["token", ...flags]);
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
      expect(stderr).to.include("scope");
    });
  }
});

describe("telltale serve", () => {
  for (const [flags, words] of [
    [["--host", "0.0.0.0"], "--token-file, or --insecure"],
    [["--host", "::"], "--token-file, or --insecure"],
    [["--host", "0.0.0.0", "--token-file", "none.txt"], "none.txt does not exist"],
    [["--token-file", ""], "--token-file must be the path of a file"],
    [["--token-file", "none.txt", "--insecure"], "give one of them"],
    [["--tls-cert", "cert.pem"], "--tls-cert and --tls-key belong together"],
    [["--tls-key", "key.pem"], "--tls-cert and --tls-key belong together"],
    [["--tls-cert", "cert.pem", "--tls-key", "key.pem"], "cert.pem does not exist"],
    [["--allow-origin", "*"], "--allow-origin must be"],
    [["--allow-origin", "https://lab.example/experiment"], "--allow-origin must be"],
    [["--allow-host", "https://lab.example"], "--allow-host must be"],
    [["--max-connections", "0"], "--max-connections must be"],
    [["--handshake-timeout-ms", "10s"], "--handshake-timeout-ms must be"],
  ] as const) {
    it(`refuses \`${flags.join(" ")}\` in a sentence, and exits with 1 before it makes a file`, async () => {
      const cwd = await temporaryFolder();
      const { code, stdout, stderr } = await runCommand(["serve", "--port", "0", ...flags], { cwd });
      expect(stderr)
        .to.include(words)
        .and.not.to.match(/^\s+at /m);
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
    });
  }

  it("accepts a repeated flag and a switch", async () => {
    const db = join(await temporaryFolder(), "test.db");
    const origins = ["--allow-origin", "null", "--allow-origin", "https://lab.example"];
    const served = await DaemonProcess.start(db, { flags: ["--host", "0.0.0.0", "--insecure", ...origins] });
    const url = `${served.url.replace("ws:", "http:").replace("0.0.0.0", "127.0.0.1")}/api/sessions`;
    for (const [origin, status] of [
      ["null", 200],
      ["https://lab.example", 200],
      ["https://evil.example", 403],
    ] as const) {
      const response = await fetch(url, { headers: { origin, connection: "close" } });
      await response.text();
      expect(response.status, origin).to.equal(status);
    }
    expect(await served.end("SIGTERM")).to.equal(0);
  });
});

describe("telltale replay --to-url", () => {
  let db: string;
  let session: string;

  beforeEach(async () => {
    db = join(await temporaryFolder(), "test.db");
    session = await writeTimedSession(db, [0, 1, 2]);
  });

  const send = (url: string, env: Record<string, string>, ...flags: string[]) =>
    runCommand(["replay", session, "--db", db, "--to-url", url, ...flags], { env });

  it("sends the token from the file that a flag or the environment names, also over TLS", async function () {
    if (!hasOpenssl) this.skip();
    const { tokenFile } = await makeTokens();
    const files = await makeCertificate();
    const daemon = await startDaemon({ tokenFile, ...files });
    const trusting = { NODE_EXTRA_CA_CERTS: files.tlsCert };
    expect(await send(daemon.url, trusting, "--token-file", tokenFile)).to.deep.equal({
      code: 0,
      stdout: `${session}: 3 stored, 0 already there, 0 refused.\n`,
      stderr: "",
    });
    const again = await send(daemon.url, { ...trusting, TELLTALE_TOKEN_FILE: tokenFile });
    expect(again.stdout).to.include("3 already there");
    const untrusting = await send(daemon.url, {}, "--token-file", tokenFile);
    expect(untrusting.code).to.equal(1);
    expect(untrusting.stderr).to.include("cannot be reached").and.include("certificate");
  });

  it("says why the other telltale refuses access", async () => {
    const { tokenFile, read, write } = await makeTokens();
    const daemon = await startDaemon({ tokenFile });
    const without = await send(daemon.url, {});
    expect(without.code).to.equal(1);
    expect(without.stderr).to.include("This needs a token with the scope write");
    const strangers = join(await temporaryFolder(), "token.txt");
    await writeFile(strangers, `write ${write}x\n`);
    expect((await send(daemon.url, {}, "--token-file", strangers)).stderr).to.include("Unknown token");
    await writeFile(strangers, `read ${read}\n`);
    const reading = await send(daemon.url, {}, "--token-file", strangers);
    expect(reading.stderr).to.include("holds no token with the scope write");
    expect(reading.code).to.equal(1);
    const elsewhere = await send(`${daemon.url}/elsewhere`, {}, "--token-file", tokenFile);
    expect(elsewhere.stderr).to.include("refused the connection");
  });

  it("refuses a password in the address", async () => {
    const { code, stderr } = await send("ws://user:secret@127.0.0.1:1", {});
    expect(code).to.equal(1);
    expect(stderr).to.include("--token-file");
  });
});
