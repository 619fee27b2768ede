import "reflect-metadata";
import { strict as assert } from "node:assert";
import { dropClients } from "./client.js";
import { stopDaemons } from "./daemon.js";
import { dropPostgresDatabases, removePostgres, settlePostgres } from "./postgres.js";
import { stopProxies } from "./proxy.js";
import { killServed } from "./served.js";
import { removeTemporaryFolders } from "./temporary.js";

/** What keeps a process alive, or a file or port busy, when it is left behind. */
function leaked(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => ["TCPSocketWrap", "TCPServerWrap", "ProcessWrap", "FSReqCallback"].includes(kind));
}

/** After each test everything it opened is closed; what is left over after the last one fails the suite. */
export const mochaHooks = {
  async afterEach() {
    await dropClients();
    await killServed();
    await stopDaemons();
    await stopProxies();
    await dropPostgresDatabases();
    await removeTemporaryFolders();
  },
  async afterAll(this: Mocha.Context) {
    this.timeout(30_000);
    await settlePostgres();
    await new Promise((resolve) => setImmediate(resolve));
    // Looked at before the server stops, for that closes what a test left open to it.
    const left = leaked().filter((kind) => kind !== "ProcessWrap");
    await removePostgres();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([...left, ...leaked()], [], "a test left something open");
  },
};
