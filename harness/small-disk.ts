import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";

const mounted = new Set<string>();

/** A small resizable disk in memory; only root on Linux can make one. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Mounts it at a folder that does not exist yet; returns undefined without permission. */
  static mount(folder: string, bytes: number): SmallDisk | undefined {
    mkdirSync(folder, { recursive: true });
    try {
      mount("-o", `size=${bytes}`, "tmpfs", folder);
    } catch {
      return undefined;
    }
    mounted.add(folder);
    return new SmallDisk(folder);
  }

  resize(bytes: number): void {
    mount("-o", `remount,size=${bytes}`, this.folder);
  }

  unmount(): void {
    execFileSync("umount", ["--lazy", this.folder]);
    mounted.delete(this.folder);
  }
}

/** Unmounts every small disk that is left, even one in use. */
export function unmountSmallDisks(): void {
  for (const folder of mounted) execFileSync("umount", ["--lazy", folder]);
  mounted.clear();
}

function mount(...options: string[]): void {
  execFileSync("mount", ["-t", "tmpfs", ...options], { stdio: "ignore" });
}
