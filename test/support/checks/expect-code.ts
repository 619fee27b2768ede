import { expect } from "chai";
import { DatabaseError } from "../../../src/database/index.js";
import { rejection } from "./rejection.js";

/** Expects a promise to reject with a DatabaseError of this code; returns its sentence. */
export async function expectCode(promise: Promise<unknown>, code: string): Promise<string> {
  const error = await rejection(promise);
  expect(error).to.be.instanceOf(DatabaseError).with.property("code", code);
  return (error as DatabaseError).message;
}
