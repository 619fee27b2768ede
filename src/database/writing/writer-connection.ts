import type { DataSource, EntityManager } from "typeorm";
import { type Engine, isConnectionLost } from "../engines/index.js";
import { DatabaseError } from "../database-error.js";
import { redactError } from "./redact-error.js";

/** Codes of errors after which nothing is written before the connection was opened again, and its database checked. */
const untrusted: ReadonlySet<string> = new Set(["altered_rows", "replaced", "unsafe_settings"]);

/** How often to try a transaction that collides with another writer's. */
const maximumTries = 5;

/** What happens to the connection. */
export interface ConnectionEvents {
  /** The connection failed and was closed; the writes of the failed transaction were answered `unavailable`. */
  onFailure?: (error: unknown) => void;
  /** The database's files were replaced; what they held was copied to this path. */
  onRescue?: (path: string) => void;
  /**
   * Called before the connection is opened again: readers of this process close files that were deleted or replaced, since a new
   * connection would share their index of the log.
   */
  beforeReopen?: () => Promise<void>;
  /** The connection was opened again. */
  onReopen?: () => void;
}

/** A transaction could not begin; `cause` says why. */
class BeginFailure extends Error {}

/** The commit of a transaction failed: it is unknown whether its rows are in the database. */
export class CommitFailure extends Error {}

/** The one connection that writes: runs transactions, retries collisions, and is reopened after a failure. */
export class WriterConnection {
  #writer: DataSource | undefined;
  /** Why the connection must be reopened before the next transaction. */
  #failure: { readonly error: unknown } | undefined;

  constructor(
    readonly engine: Engine,
    writer: DataSource,
    readonly events: ConnectionEvents,
  ) {
    this.#writer = writer;
  }

  /**
   * Runs `work` in one transaction; after a collision with another writer it is rolled back and run again.
   *
   * @throws what `work` throws, BeginFailure or CommitFailure.
   */
  async transact<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#tryTransaction(work);
      } catch (error) {
        const isCollision =
          !(error instanceof BeginFailure) && this.engine.classify(causeOf(error)) === "collision";
        if (!isCollision || tries === maximumTries) throw error;
      }
    }
  }

  /** Whether an error of {@link transact} means that the connection failed; if so, closes it. */
  async closeIfFailed(thrown: unknown): Promise<boolean> {
    if (this.#failure !== undefined) return true;
    const error = causeOf(thrown);
    const isLost =
      thrown instanceof BeginFailure || isUntrusted(error) || isConnectionLost(this.engine.classify(error));
    if (!isLost) return false;
    this.#failure = { error };
    this.events.onFailure?.(redactError(error));
    if (this.#writer !== undefined) await this.#rescueIfReplaced(this.#writer);
    // The driver's idea of open transactions is wrong from here on; only a new connection can be trusted.
    await this.#writer?.destroy().catch(() => undefined);
    this.#writer = undefined;
    return true;
  }

  /**
   * Empties the write-ahead log and closes the connection. May be called again.
   *
   * @returns whether the log was emptied; another process that reads the file may prevent it.
   */
  async close(): Promise<boolean> {
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer === undefined) return true;
    await this.#rescueIfReplaced(writer);
    const isEmptied = await this.engine.checkpoint(writer).then(
      () => true,
      () => false,
    );
    await writer.destroy();
    return isEmptied;
  }

  async #tryTransaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    const writer = await this.#openAfterFailure();
    const reached: { phase: "begin" | "work" | "commit" } = { phase: "begin" };
    let result: Result;
    try {
      result = await writer.transaction(async (manager) => {
        reached.phase = "work";
        const done = await work(manager);
        reached.phase = "commit";
        return done;
      });
    } catch (cause) {
      if (reached.phase === "begin") throw new BeginFailure("The transaction could not begin.", { cause });
      throw reached.phase === "commit" ? new CommitFailure("The commit failed.", { cause }) : cause;
    }
    // Do not acknowledge commits to a file that cannot be opened by its path again.
    this.engine.checkPlace(writer);
    return result;
  }

  async #rescueIfReplaced(writer: DataSource): Promise<void> {
    try {
      this.engine.checkPlace(writer);
    } catch (replaced) {
      const path = await this.engine.rescue(writer, replaced).catch((failure: unknown) => {
        this.events.onFailure?.(redactError(failure));
        return undefined;
      });
      if (path !== undefined) this.events.onRescue?.(path);
    }
  }

  async #openAfterFailure(): Promise<DataSource> {
    if (this.#writer === undefined) {
      await this.events.beforeReopen?.();
      this.#writer = await this.engine.openWriter();
    }
    if (this.#failure !== undefined) {
      await this.engine.recover(this.#writer, this.#failure.error);
      this.#failure = undefined;
      this.events.onReopen?.();
    }
    return this.#writer;
  }
}

/** Whether the database did not store what was written, or not where the path says: as if it could not be written at all. */
function isUntrusted(error: unknown): boolean {
  return error instanceof DatabaseError && untrusted.has(error.code);
}

/** What the engine or the work threw. */
function causeOf(thrown: unknown): unknown {
  return thrown instanceof BeginFailure || thrown instanceof CommitFailure ? thrown.cause : thrown;
}
