import { expect } from "chai";
import { ProtocolError } from "../../../src/protocol/index.js";

/** Expects `act` to throw a ProtocolError of this code. */
export function expectProtocolError(act: () => unknown, code: string): void {
  expect(act).to.throw(ProtocolError).with.property("code", code);
}
