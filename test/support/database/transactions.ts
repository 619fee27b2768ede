import type { Engine } from "../../../src/database/index.js";

/** Counts the transactions of an engine's writers; `before` runs before each. */
export class Transactions {
  count = 0;
  before: (transaction: number) => Promise<void> = () => Promise.resolve();

  constructor(engine: Engine) {
    const openWriter = engine.openWriter.bind(engine);
    engine.openWriter = async () => {
      const writer = await openWriter();
      const { manager } = writer;
      const transaction = manager.transaction.bind(manager) as (...all: unknown[]) => Promise<unknown>;
      manager.transaction = async (...all: unknown[]) => {
        this.count += 1;
        await this.before(this.count);
        return transaction(...all);
      };
      return writer;
    };
  }
}
