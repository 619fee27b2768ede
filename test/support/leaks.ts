import "reflect-metadata";
import { strict as assert } from "node:assert";
import { dropClients } from "./client/client.js";
import { stopDaemons } from "./daemon/daemon.js";
import {
  dropPostgresDatabases,
  finishBetweenTests,
  listPostgresDatabases,
  removePostgres,
} from "../../harness/postgres.js";
import { stopProxies } from "../../harness/proxy.js";
import { checkAfter, findFiles, listDifferences } from "./checks/rebuild.js";
import { killServed } from "../../harness/served.js";
import { listTemporaryFolders, removeTemporaryFolders } from "../../harness/temporary-folder.js";

/** What keeps a process alive, or a file or port busy, when it is left behind. */
function leaked(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => ["TCPSocketWrap", "TCPServerWrap", "ProcessWrap", "FSReqCallback"].includes(kind));
}

/**
 * After each test everything it opened is closed, and the trials in its databases are compared with its messages; what is left
 * over, or differs, fails the suite after the last one.
 */
export const mochaHooks = {
  async afterEach(this: Mocha.Context) {
    await dropClients();
    await killServed();
    await stopDaemons();
    await stopProxies();
    const locations = [...(await listPostgresDatabases()), ...(await findFiles(listTemporaryFolders()))];
    if (this.currentTest !== undefined) await checkAfter(this.currentTest, locations);
    await dropPostgresDatabases();
    await removeTemporaryFolders();
  },
  async afterAll(this: Mocha.Context) {
    this.timeout(30_000);
    await finishBetweenTests();
    await new Promise((resolve) => setImmediate(resolve));
    // Looked at before the server stops, for that closes what a test left open to it.
    const left = leaked().filter((kind) => kind !== "ProcessWrap");
    await removePostgres();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([...left, ...leaked()], [], "a test left something open");
    assert.deepEqual(listDifferences(), [], "a rebuild would change what a test left");
  },
};
