/**
 * What mends what is wrong:
 *
 * | remedy    | meaning                                                                     |
 * | --------- | --------------------------------------------------------------------------- |
 * | `rebuild` | `telltale rebuild` derives it again from the messages                       |
 * | `restore` | only a backup, or a client that still has the messages, can bring it back   |
 * | `drop`    | dropping the trigger or rule, unless it is meant to be there                |
 */
export type Remedy = "rebuild" | "restore" | "drop";

/** Something in a database that is not as telltale wrote it. */
export interface Finding {
  /** The UUID of the session that it concerns; null for the database as a whole. */
  readonly sessionId: string | null;
  /** One sentence that says where and what. */
  readonly what: string;
  readonly remedy: Remedy;
}

/** Findings of one kind of check; of many like ones only the first are kept, and the rest counted. */
export class Findings {
  readonly list: Finding[] = [];
  /** The number of findings that are not listed. */
  more = 0;

  constructor(
    readonly sessionId: string | null,
    readonly most = 20,
  ) {}

  add(what: string, remedy: Remedy): void {
    if (this.list.length < this.most) this.list.push({ sessionId: this.sessionId, what, remedy });
    else this.more += 1;
  }

  get count(): number {
    return this.list.length + this.more;
  }
}
