import { PostgresDatabases } from "../../harness/postgres/databases.js";
import type { Fault } from "../fault.js";
import type { Laboratory } from "../laboratory.js";
import { runRounds } from "../run-rounds.js";

/** The simplest fault, and the reference for all others. */
export const daemonKilled: Fault = {
  name: "daemon-killed",
  title: "daemon killed",
  how: "kill -9 at a random moment under load",
  rounds: 200,
  run: (context) => runRounds(context, {}, killAndStart),
};

export const daemonKilledOnPostgres: Fault = {
  name: "daemon-killed-postgres",
  title: "daemon killed, PostgreSQL",
  how: "the same; the server goes on",
  rounds: 20,
  run: (context) =>
    new PostgresDatabases().withNew((location) => runRounds(context, { location }, killAndStart)),
};

async function killAndStart(laboratory: Laboratory): Promise<void> {
  await laboratory.work(20, 400);
  await laboratory.kill();
  await laboratory.start();
  await laboratory.untilGoingOn();
}
