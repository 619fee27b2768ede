import pg from "pg";
import { Database } from "../src/index.js";
import type { BareDatabase, BareStatement, Parameter } from "./bare-database.js";

/** The pg driver and nothing around it: the schema and the durability of telltale, and statements prepared once. */
export class BarePostgres implements BareDatabase {
  #count = 0;

  private constructor(readonly client: pg.Client) {}

  /** Gives an empty database telltale's schema, and connects to it. */
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
