/** Yields the same items, and always requests the next one before it is needed; returns `items` when it ends. */
export async function* readAhead<Item>(
  items: AsyncGenerator<Item, undefined, undefined>,
): AsyncGenerator<Item, undefined, undefined> {
  try {
    for (let next = items.next(); ;) {
      const { done, value } = await next;
      if (done === true) return undefined;
      next = items.next();
      // A rejection before the next await is not unhandled: that await reports it.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await items.return(undefined);
  }
}
