import { expect } from "chai";
import type { TestedEngine } from "../../../harness/engines.js";
import { type Fixture, useDaemon } from "../../support/daemon/fixture.js";

export const setup = { type: "setup", message: { config_str: "[common]\nstimuli_per_trial = 1\n" } };
export const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

/** A daemon with a client in a session of its own, whose next tell must succeed after each test, whatever another client sent. */
export function useUndisturbedDaemon(engine: TestedEngine): Fixture {
  const fixture = useDaemon(engine);
  beforeEach(() => fixture.client.request(setup));
  afterEach(async () => {
    expect(await fixture.client.request(tell)).to.include({ ok: true });
  });
  return fixture;
}
