/** Resolves when a condition holds, looked at again whenever the process has nothing nearer to do. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 1));
}
