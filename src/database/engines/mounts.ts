/** A mounted file system. */
export interface Mount {
  readonly point: string;
  /** Its type as Linux names it: `ext4`, `nfs4`, `fuse.sshfs`. */
  readonly type: string;
}

/**
 * The file system that holds a folder; undefined if the list has none.
 *
 * @param folder an absolute path without links.
 * @param mounts the text of Linux's `/proc/self/mountinfo`.
 */
export function mountOf(folder: string, mounts: string): Mount | undefined {
  let nearest: Mount | undefined;
  for (const line of mounts.split("\n")) {
    const [before = "", after] = line.split(" - ");
    const point = unescape(before.split(" ")[4] ?? "");
    const type = after?.split(" ")[0];
    if (type === undefined || !contains(point, folder)) continue;
    // Of two mounts on the same point the later one is seen.
    if (nearest === undefined || point.length >= nearest.point.length) nearest = { point, type };
  }
  return nearest;
}

function contains(point: string, folder: string): boolean {
  return point === "/" || folder === point || folder.startsWith(`${point}/`);
}

/** Spaces, tabs, line ends and backslashes are written in octal. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
