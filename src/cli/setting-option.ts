import { Option } from "commander";
import type { Setting } from "./config/setting.js";

/** The flag of a setting; its help names the environment variable and the default. Values are texts, also those of a switch. */
export function settingOption(setting: Setting): Option {
  const { flag, argument, description, variable, default: preset = "none", isList = false } = setting;
  const help = `${description} (environment: ${variable}; default: ${preset})`;
  if (argument === undefined) return new Option(flag, help).preset("true");
  const option = new Option(`${flag} ${argument}`, isList ? `${help}; may be repeated` : help);
  return isList
    ? option.argParser((text: string, earlier?: string) =>
        earlier === undefined ? text : `${earlier},${text}`,
      )
    : option;
}
