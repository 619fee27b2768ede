import { readFileSync } from "node:fs";

/** The peak memory of a process, in MB; undefined after its end, and on systems without /proc. */
export function readPeakMemoryMb(pid: number | undefined): number | undefined {
  return readStatus(pid, "VmHWM");
}

/** The memory that a process uses now, in MB; undefined after its end, and on systems without /proc. */
export function readMemoryMb(pid: number | undefined): number | undefined {
  return readStatus(pid, "VmRSS");
}

function readStatus(pid: number | undefined, name: string): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kibibytes = new RegExp(`^${name}:\\s*([0-9]+) kB$`, "m").exec(status)?.[1];
    return kibibytes === undefined ? undefined : (Number(kibibytes) * 1024) / 1e6;
  } catch {
    return undefined;
  }
}
