import { join } from "node:path";
import { temporaryFolder } from "../../../harness/temporary-folder.js";
import { type Client, type ClientEvents, ClientError, connect } from "../../../src/client-node/index.js";

/** The numbers from `from` on, `count` of them. */
export const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

/** Collects a client's events of one name. */
export function listen<Name extends keyof ClientEvents>(client: Client, name: Name): ClientEvents[Name][] {
  const events: ClientEvents[Name][] = [];
  client.on(name, (event) => events.push(event));
  return events;
}

/** The code of the ClientError that a promise rejects with; "none" if it resolves. */
export function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "none",
    (error: unknown) => (error instanceof ClientError ? error.code : error),
  );
}

/** Clients of one suite: each test has a folder, a database and an outbox file of its own, and every client is closed after it. */
export class Clients {
  folder = "";
  db = "";
  outboxFile = "";
  readonly #open: Client[] = [];

  constructor() {
    beforeEach(async () => {
      this.folder = await temporaryFolder();
      this.db = join(this.folder, "test.db");
      this.outboxFile = join(this.folder, "outbox");
    });
    afterEach(async () => {
      for (const client of this.#open.splice(0)) await client.close();
    });
  }

  /** A client without listeners, which warns on the console. */
  async openWithoutListeners(
    url: string,
    options: Parameters<typeof connect>[1] = { outboxFile: this.outboxFile },
  ): Promise<Client> {
    const client = await connect(url, options);
    this.#open.push(client);
    return client;
  }

  /** A client whose warnings do not go to the console. */
  async open(...parameters: Parameters<Clients["openWithoutListeners"]>): Promise<Client> {
    const client = await this.openWithoutListeners(...parameters);
    for (const name of ["disconnected", "rejected", "outbox-failed"] as const)
      client.on(name, () => undefined);
    return client;
  }
}
