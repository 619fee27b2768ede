/** Returns what a promise resolves to; undefined when that takes too long. */
export async function settleWithin<Result>(
  work: Promise<Result>,
  withinMs: number,
): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>(
    (resolve) =>
      (timer = setTimeout(() => {
        resolve(undefined);
      }, withinMs)),
  );
  const result = await Promise.race([work, late]);
  clearTimeout(timer);
  return result;
}
