import pg from "pg";
import { Database } from "../src/index.js";
import type { BareDatabase, BareStatement, Parameter } from "./bare-database.js";

/** The bare pg driver, with telltale's schema and durability, and statements prepared once. */
export class BarePostgres implements BareDatabase {
  #count = 0;

  private constructor(readonly client: pg.Client) {}

  /** Creates telltale's schema in an empty database and connects to it. */
  static async open(url: string): Promise<BarePostgres> {
    await (await Database.open(url)).close();
    const client = new pg.Client({ connectionString: url, options: "-c synchronous_commit=on" });
    await client.connect();
    return new BarePostgres(client);
  }

  prepare(sql: string): BareStatement {
    this.#count += 1;
    const name = `statement ${this.#count}`;
    let parameter = 0;
    const text = sql.replaceAll("?", () => `$${(parameter += 1)}`);
    return async (parameters: readonly Parameter[] = []) => {
      await this.client.query({ name, text, values: [...parameters] });
    };
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
