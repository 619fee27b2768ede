import { Timestamp } from "../../src/protocol/index.js";
import { PickleError } from "./pickle-error.js";
import { CallNode, NameNode, type PickleNode } from "./nodes.js";

/**
 * Reads a `datetime.datetime` from the ten bytes of its state and its zone; without a zone it counts as UTC.
 *
 * @throws PickleError for a zone that is not a `datetime.timezone`, and for an impossible time.
 */
export function readDatetime(state: Uint8Array, zone: PickleNode | undefined): Timestamp {
  if (state.length !== 10) throw impossible();
  const [high = 0, low = 0, foldedMonth = 0, day = 0, hour = 0, minute = 0, second = 0] = state;
  const microseconds = ((state[7] ?? 0) << 16) | ((state[8] ?? 0) << 8) | (state[9] ?? 0);
  const month = foldedMonth & 0x7f;
  const date = new Date(0);
  date.setUTCFullYear(high * 256 + low, month - 1, day);
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDay || hour > 23 || minute > 59 || second > 59 || microseconds > 999_999) throw impossible();
  date.setUTCHours(hour, minute, second);
  const offset = zone === undefined || zone === null ? 0 : readOffset(zone);
  const total = microseconds - offset;
  const whole = Math.floor(total / 1e6);
  return new Timestamp(date.getTime() / 1000 + whole, (total - whole * 1e6) * 1000);
}

/** The offset of a `datetime.timezone` from UTC, in microseconds. */
function readOffset(zone: PickleNode): number {
  const [delta] = argsOf(zone, "timezone");
  const [days, seconds, microseconds] = argsOf(delta, "timedelta").map((part) =>
    typeof part === "number" ? part : NaN,
  );
  const offset = ((days ?? 0) * 86_400 + (seconds ?? 0)) * 1e6 + (microseconds ?? 0);
  if (!(Math.abs(offset) < 86_400e6)) throw impossible();
  return offset;
}

function argsOf(node: PickleNode | undefined, name: string): readonly PickleNode[] {
  const isCall =
    node instanceof CallNode &&
    node.callable instanceof NameNode &&
    node.callable.module === "datetime" &&
    node.callable.name === name;
  if (!isCall) throw new PickleError("it holds a time whose zone is not a datetime.timezone");
  return node.args;
}

function impossible(): PickleError {
  return new PickleError("it holds an impossible time");
}
