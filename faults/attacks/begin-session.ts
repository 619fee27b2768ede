import { Client } from "../../harness/client.js";
import { makeSetup } from "../messages.js";
import type { Target } from "./attack.js";

/** Connects a client to the daemon under attack and begins a session. */
export async function beginSession(
  { daemon, random }: Pick<Target, "daemon" | "random">,
  coding: "json" | "messagepack" = "json",
): Promise<Client> {
  const client = await Client.connect(daemon.url, coding);
  await client.request(makeSetup("setup", random.uuid()));
  return client;
}
