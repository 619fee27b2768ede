import { expect } from "chai";

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** The UUIDs of the page, and those that stand for them now: the daemon makes new ones with every run. */
export class Uuids {
  readonly #now = new Map<string, string>();

  /** A request's text as it is sent now; a UUID that no reply has named is the client's own, and stays. */
  send(text: string): string {
    return text.replace(uuid, (documented) => {
      if (!this.#now.has(documented)) this.#learn(documented, documented);
      return this.#now.get(documented) ?? "";
    });
  }

  /** What a reply's text on the page means now. */
  expect(documented: string, actual: unknown): string {
    const isNew = documented.replace(uuid, "") === "" && !this.#now.has(documented);
    if (isNew && typeof actual === "string" && actual.replace(uuid, "") === "") {
      this.#learn(documented, actual);
    }
    return documented.replace(uuid, (known) => this.#now.get(known) ?? known);
  }

  #learn(documented: string, actual: string): void {
    expect([...this.#now.values()], "UUIDs that stand for another one").not.to.include(actual);
    this.#now.set(documented, actual);
  }
}
