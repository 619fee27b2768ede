import "reflect-metadata";
import { strict as assert } from "node:assert";
import {
  dropPostgresDatabases,
  finishBetweenTests,
  listPostgresDatabases,
} from "../../harness/postgres/test-databases.js";
import { stopProxies } from "../../harness/proxy.js";
import { killChildren } from "../../harness/child-processes.js";
import { listTemporaryFolders, removeTemporaryFolders } from "../../harness/temporary-folder.js";
import { noteOpenHandles, takeOpenHandles } from "./checks/open-handles.js";
import { checkAfter, findFiles, takeDifferences } from "./checks/rebuild.js";
import { dropClients } from "../../harness/client.js";
import { stopDaemons } from "./daemon/daemon.js";
import { closeReaders } from "./database/readers.js";

export { mochaGlobalSetup, mochaGlobalTeardown } from "./run.js";

/**
 * After each test everything it opened is closed, and the trials in its databases are compared with its messages. What is left
 * open, or differs, fails the run after the last test: in parallel mode, after the last one of the file.
 */
export const mochaHooks = {
  async afterEach(this: Mocha.Context) {
    await dropClients();
    await killChildren();
    await closeReaders();
    await stopDaemons();
    await stopProxies();
    const locations = [...(await listPostgresDatabases()), ...(await findFiles(listTemporaryFolders()))];
    if (this.currentTest !== undefined) await checkAfter(this.currentTest, locations);
    await dropPostgresDatabases();
    await removeTemporaryFolders();
    if (this.currentTest !== undefined) noteOpenHandles(this.currentTest.fullTitle());
  },
  async afterAll(this: Mocha.Context) {
    this.timeout(60_000);
    await finishBetweenTests();
    assert.deepEqual(await takeOpenHandles(), [], "a test left something open");
    assert.deepEqual(takeDifferences(), [], "a rebuild would change what a test left");
  },
};
