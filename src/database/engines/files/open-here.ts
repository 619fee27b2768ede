/** How many connections of this process have each path open, or are opening it. */
const counts = new Map<string, number>();

/** Counts a connection that is about to open a path; returns what takes it off the count once it is closed. */
export function countOpen(path: string): () => void {
  counts.set(path, (counts.get(path) ?? 0) + 1);
  let isCounted = true;
  return () => {
    if (isCounted) counts.set(path, (counts.get(path) ?? 1) - 1);
    isCounted = false;
  };
}

/** Whether this process has a path open. */
export function isOpenHere(path: string): boolean {
  return (counts.get(path) ?? 0) > 0;
}
