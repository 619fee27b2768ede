import { type Engine, engineAt } from "../../../src/database/index.js";
import { WriteQueue, type WriteQueueEvents } from "../../../src/database/writing/index.js";

/** A location and write queues for each test of a describe; closes the queues after the test. */
export class QueueFixture {
  /** The path or address of the test's database. */
  location = "";
  readonly #queues = new Set<WriteQueue>();

  constructor(makeLocation: () => Promise<string>) {
    beforeEach(async () => {
      this.location = await makeLocation();
    });
    afterEach(async () => {
      for (const queue of this.#queues) await queue.close();
      this.#queues.clear();
    });
  }

  async open(events: WriteQueueEvents = {}, given?: Engine, maximumBytes = 1024 * 1024): Promise<WriteQueue> {
    const engine = given ?? (await engineAt(this.location, 50));
    const queue = new WriteQueue(engine, await engine.openWriter(), maximumBytes, events);
    this.#queues.add(queue);
    return queue;
  }
}
