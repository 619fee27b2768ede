import { readFileSync } from "node:fs";

/** The most memory that a process ever had in use, in MB; undefined where the system does not tell, or it has ended. */
export function readPeakMemoryMb(pid: number | undefined): number | undefined {
  return readStatus(pid, "VmHWM");
}

/** The memory that a process has in use now, in MB; undefined where the system does not tell, or it has ended. */
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
