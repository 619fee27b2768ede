import { ClientError } from "./client-error.js";
import type { Outbox } from "./outbox.js";

export function openIndexedDbOutbox(name: string): Promise<Outbox> {
  return Promise.reject(new ClientError("bad_option", `No IndexedDB here for ${name}.`));
}
