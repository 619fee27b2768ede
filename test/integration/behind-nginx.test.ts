import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { WebSocket } from "ws";
import { findFreePort } from "../../harness/free-port.js";
import { hasOpenssl, makeCertificate } from "../support/daemon/certificate.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { makeTokens } from "../support/daemon/tokens.js";
import { until } from "../support/checks/until.js";

const page = readFileSync(fileURLToPath(new URL("../../../docs/SECURITY.md", import.meta.url)), "utf8");

const hasNginx = await promisify(execFile)("nginx", ["-v"]).then(
  () => true,
  () => false,
);

describe("telltale behind the nginx of SECURITY.md", () => {
  let nginx: ChildProcess | undefined;

  before(function () {
    if (!hasNginx || !hasOpenssl) this.skip();
  });

  afterEach(async () => {
    if (nginx?.exitCode !== null) return;
    nginx.kill("SIGTERM");
    await once(nginx, "exit");
  });

  it("lets in by the proxy's name who has a token, and no page of another origin", async () => {
    const { tokenFile, read, write } = await makeTokens();
    const { tlsCert, tlsKey, ca } = await makeCertificate();
    const daemon = await startDaemon({ tokenFile, allowedHosts: ["lab.example"] });
    const folder = await temporaryFolder();
    const port = await findFreePort();
    const [, shown = ""] = /```nginx\n([^]*?)```/.exec(page) ?? [];
    const server = shown
      .replace("listen 443", `listen 127.0.0.1:${port}`)
      .replace("/etc/ssl/lab.example.pem", tlsCert)
      .replace("/etc/ssl/lab.example.key", tlsKey)
      .replace("127.0.0.1:8765", new URL(daemon.url).host);
    const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    await writeFile(
      join(folder, "nginx.conf"),
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr warn; events {}
       http { access_log ${folder}/access.log; ${folders.join(" ")} ${server} }`,
    );
    nginx = spawn("nginx", ["-p", folder, "-c", join(folder, "nginx.conf")], { stdio: "ignore" });
    const name = `lab.example:${port}`;
    const ask = (path: string, headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const asked = request(`https://127.0.0.1:${port}${path}`, {
          ca,
          // Whom the certificate names; else the one in Host is looked for.
          servername: "localhost",
          agent: false,
          headers: { host: name, ...headers },
        });
        asked.on("error", reject).on("response", (response) => {
          response.resume().on("end", () => {
            resolve(response.statusCode ?? 0);
          });
        });
        asked.end();
      });
    await until(async () => (await ask("/healthz", {}).catch(() => 0)) === 200);
    const origin = `https://${name}`;
    expect(await ask("/api/sessions", { origin, authorization: `Bearer ${read}` })).to.equal(200);
    expect(await ask("/api/sessions", { origin })).to.equal(401);
    expect(await ask("/api/sessions", { origin: "https://evil.example" })).to.equal(403);
    expect(await ask("/api/sessions", { host: "evil.example", origin: "https://evil.example" })).to.equal(
      403,
    );

    const protocols = ["telltale.v1", `bearer.${write}`];
    const trusting = { ca, servername: "localhost", origin, headers: { host: name } };
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, protocols, trusting);
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "setup", message: { config_str: "[common]\n" } }));
    const [reply] = (await once(socket, "message")) as [Buffer];
    expect(JSON.parse(reply.toString())).to.include({ ok: true });
    socket.close();
    await once(socket, "close");
    const log = await readFile(join(folder, "access.log"), "utf8");
    expect(log).to.include("/api/sessions").and.not.include(write).and.not.include(read);
  });
});
