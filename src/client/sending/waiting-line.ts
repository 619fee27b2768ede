/** Items in their order, of which the first have been sent. Removing the first costs the same however long the line is. */
export class WaitingLine<Item> {
  #items: (Item | undefined)[] = [];
  /** The number of removed items still in the array. */
  #head = 0;
  /** The number of items in the line that have been sent. */
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

  /** The first item that has not been sent. */
  get nextToSend(): Item | undefined {
    return this.#items[this.#head + this.#sent];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Marks {@link nextToSend} as sent. */
  markSent(): void {
    this.#sent += 1;
  }

  /** Removes the first item, which has been sent. */
  shift(): void {
    // Release the item now, not when the array is cut.
    this.#items[this.#head] = undefined;
    this.#head += 1;
    this.#sent -= 1;
    if (this.#head > 1000 && this.#head * 2 > this.#items.length) this.replace(this.toArray(), this.#sent);
  }

  /** Marks every item as not sent. */
  unsend(): void {
    this.#sent = 0;
  }

  toArray(): Item[] {
    return this.#items.slice(this.#head) as Item[];
  }

  /** Replaces all items. */
  replace(items: Item[], sentCount = 0): void {
    this.#items = items;
    this.#head = 0;
    this.#sent = sentCount;
  }
}
