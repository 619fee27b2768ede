/** Items in their order, of which the first ones have been sent. Taking out the first costs the same however long the line is. */
export class WaitingLine<Item> {
  #items: (Item | undefined)[] = [];
  /** How many were taken out and are still in the array. */
  #head = 0;
  /** How many of those in the line have been sent. */
  #sent = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get sentCount(): number {
    return this.#sent;
  }

  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  /** The first that has not been sent. */
  get nextToSend(): Item | undefined {
    return this.#items[this.#head + this.#sent];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** The next to be sent has been. */
  markSent(): void {
    this.#sent += 1;
  }

  /** Takes out the first, which has been sent. */
  shift(): void {
    // What was taken out must not stay in memory until the array is cut.
    this.#items[this.#head] = undefined;
    this.#head += 1;
    this.#sent -= 1;
    if (this.#head > 1000 && this.#head * 2 > this.#items.length) this.replace(this.toArray(), this.#sent);
  }

  /** Nothing counts as sent any more. */
  unsend(): void {
    this.#sent = 0;
  }

  toArray(): Item[] {
    return this.#items.slice(this.#head) as Item[];
  }

  /** Other items in place of all. */
  replace(items: Item[], sentCount = 0): void {
    this.#items = items;
    this.#head = 0;
    this.#sent = sentCount;
  }
}
