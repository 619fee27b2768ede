import { InvalidArgumentError, Option } from "commander";
import { formatLocalTime, readLocalTime } from "./local-time.js";

/**
 * The flag of a time that bounds a range. `17:20`, `today` and `yesterday` become instants, and stderr says which: they depend on
 * the zone and the clock of this machine. Every other text is left to the query.
 *
 * @param flag default: named as the bound.
 */
export function timeOption(
  bound: "from" | "to",
  argument: string,
  description: string,
  flag = `--${bound}`,
): Option {
  return new Option(`${flag} <${argument}>`, description).argParser((text) => {
    const time = readLocalTime(text, bound);
    if (time === undefined) return text;
    if (Number.isNaN(time.getTime())) throw new InvalidArgumentError("Write a time of day as 17:20.");
    process.stderr.write(`${flag} ${text} is ${formatLocalTime(time)}, in local time.\n`);
    return time.toISOString();
  });
}
