import type { Socket } from "node:net";
import pg from "pg";

/** How long a server may take to close a connection that was ended. */
const endWithinMs = 1000;

/** The connections of one engine; each is cut when a statement is not answered in time. */
export class PostgresClients {
  readonly #streams = new Set<Socket>();

  /** The class of client that a pool makes: one that never waits longer than this for an answer, if a limit is given. */
  within(answerWithinMs?: number): typeof pg.Client {
    const streams = this.#streams;
    return class extends pg.Client {
      constructor(config?: string | pg.ClientConfig) {
        super(config);
        const stream = this.#stream;
        streams.add(stream);
        stream.once("close", () => streams.delete(stream));
        // pg leaves the socket open when it gives up by itself, such as for want of a password.
        this.connection.once("error", () => stream.destroy());
        const query = this.query.bind(this) as (...statement: unknown[]) => unknown;
        // pg's own query_timeout leaves the connection as it is: the rollback after it would wait once more.
        this.query = ((...statement: unknown[]) => {
          const result = query(...statement);
          if (result instanceof Promise && answerWithinMs !== undefined) this.#limit(result, answerWithinMs);
          return result;
        }) as typeof this.query;
        const end = this.end.bind(this) as (...callback: unknown[]) => unknown;
        // A server that hangs would keep the socket, and with it the process.
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

  /** Cuts every connection, whatever it waits for. */
  cut(): void {
    for (const stream of this.#streams) stream.destroy(new Error("The connection was given up."));
  }
}
