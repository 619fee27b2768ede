import { Option } from "commander";
import type { Setting } from "../config/serve-config.js";

/** The flag of a setting, whose help also names its environment variable and its default. */
export function settingOption({ flag, argument, description, variable, default: preset }: Setting): Option {
  return new Option(`${flag} ${argument}`, `${description} (environment: ${variable}; default: ${preset})`);
}
