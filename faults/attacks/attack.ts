import type { Socket } from "node:net";
import type { DaemonProcess, DaemonProcessOptions } from "../../harness/daemon-process.js";
import type { Random } from "../random.js";

/** What an attack gets to work with. */
export interface Target {
  readonly daemon: DaemonProcess;
  /** The SQLite file. */
  readonly location: string;
  /** The request headers of a client that is let in. */
  readonly headers: Readonly<Record<string, string>>;
  readonly random: Random;
  /** Reports a figure. */
  readonly note: (text: string) => void;
  /** Reports what must not happen. */
  readonly report: (sentence: string) => void;
}

/** A daemon's flags, and the headers that it asks of its clients. */
export interface Configuration {
  readonly daemon: DaemonProcessOptions;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client that costs the daemon much, or stands in the way of others. */
export interface Attack {
  /** The name for `--only`. */
  readonly name: string;
  readonly title: string;
  readonly how: string;
  /** How the daemon is started, where the default will not do. */
  readonly configure?: (folder: string) => Promise<Configuration>;
  /** The p99 of the quiet client that counts as damage, in ms; without it the figure is only reported. */
  readonly allowedP99Ms?: number;
  /** The most memory that the daemon may ever have, in MB. */
  readonly allowedMb: number;
  /** Fills the database before anything is measured. */
  readonly prepare?: (target: Target) => Promise<void>;
  /** Resolves when the attack is over. */
  readonly run: (target: Target) => Promise<void>;
}

/** How long an attack goes on that has no end of its own. */
export const attackMs = 5000;

/** Repeats `work` until the time of an attack is over. */
export async function repeat(work: () => Promise<unknown>): Promise<void> {
  for (const end = performance.now() + attackMs; performance.now() < end;) await work();
}

/** Resolves when a socket has closed, or after a time. */
export function whenClosed(socket: Socket, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
