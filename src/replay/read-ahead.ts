/** The same items, the next of them always asked for before it is needed; `items` is finished when this is. */
export async function* readAhead<Item>(
  items: AsyncGenerator<Item, undefined, undefined>,
): AsyncGenerator<Item, undefined, undefined> {
  try {
    for (let next = items.next(); ;) {
      const { done, value } = await next;
      if (done === true) return undefined;
      next = items.next();
      // Should it fail before anybody waits for it, it is no unhandled failure: whoever waits for it then is told.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await items.return(undefined);
  }
}
