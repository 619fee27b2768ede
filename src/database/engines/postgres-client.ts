import type { Socket } from "node:net";
import pg from "pg";

/** How long to wait for the server to close a connection that was ended. */
const endWithinMs = 1000;

/** The connections of one engine; each is cut if a statement is not answered in time. */
export class PostgresClients {
  readonly #streams = new Set<Socket>();

  /** A client class for a pool, whose connections are cut if an answer takes longer than `answerWithinMs`. */
  within(answerWithinMs?: number): typeof pg.Client {
    const streams = this.#streams;
    return class extends pg.Client {
      constructor(config?: string | pg.ClientConfig) {
        super(config);
        const stream = this.#stream;
        streams.add(stream);
        stream.once("close", () => streams.delete(stream));
        // pg leaves the socket open when it gives up by itself, for example without a password.
        this.connection.once("error", () => stream.destroy());
        const query = this.query.bind(this) as (...statement: unknown[]) => unknown;
        // pg's own query_timeout keeps the connection: the rollback after it would wait again.
        this.query = ((...statement: unknown[]) => {
          const result = query(...statement);
          if (result instanceof Promise && answerWithinMs !== undefined) this.#limit(result, answerWithinMs);
          return result;
        }) as typeof this.query;
        const end = this.end.bind(this) as (...callback: unknown[]) => unknown;
        // A server that hangs would keep the socket open, and so the process alive.
        this.end = ((...callback: unknown[]) => {
          const timer = setTimeout(() => {
            stream.destroy();
          }, endWithinMs);
          stream.once("close", () => {
            clearTimeout(timer);
          });
          return end(...callback);
        }) as typeof this.end;
      }

      get #stream(): Socket {
        return (this.connection as unknown as { readonly stream: Socket }).stream;
      }

      #limit(result: Promise<unknown>, withinMs: number): void {
        const timer = setTimeout(() => {
          this.#stream.destroy(new Error(`The server did not answer within ${withinMs / 1000} s.`));
        }, withinMs);
        const answered = () => {
          clearTimeout(timer);
        };
        result.then(answered, answered);
      }
    };
  }

  /** Cuts every connection, whatever it is waiting for. */
  cut(): void {
    for (const stream of this.#streams) stream.destroy(new Error("The connection was given up."));
  }
}
