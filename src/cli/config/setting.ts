/** A flag with its environment variable and its default. */
export interface Setting<Value = unknown> {
  readonly flag: string;
  /** Placeholder of the flag's argument; absent for a switch, whose variable is `true` or `false`. */
  readonly argument?: string;
  readonly variable: string;
  /** As written on the command line; absent if the setting has no default. */
  readonly default?: string;
  readonly description: string;
  /** Whether the flag may be repeated; the variable separates its values by commas. */
  readonly isList?: boolean;
  /** What a value must be, to complete the sentence "--flag must be …". */
  readonly rule: string;
  /** Parses a value; undefined if it breaks the rule. */
  read(text: string): Value | undefined;
}

/**
 * Reads a setting from its flag, else from its environment variable, else from its default.
 *
 * @param flag the value given on the command line.
 * @param problems receives a sentence if the value breaks the setting's rule.
 * @returns undefined if the setting has no value, or a wrong one.
 */
export function readSetting<Value>(
  setting: Setting<Value>,
  flag: string | undefined,
  environment: NodeJS.ProcessEnv,
  problems: string[],
): Value | undefined {
  const text = flag ?? environment[setting.variable] ?? setting.default;
  if (text === undefined) return undefined;
  const value = setting.read(text);
  if (value === undefined) {
    const source = flag === undefined ? setting.variable : setting.flag;
    problems.push(`${source} must be ${setting.rule}, not ${text === "" ? "empty" : `\`${text}\``}.`);
  }
  return value;
}

/** Accepts any text that is not empty. */
export function readText(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** Makes a parser of comma-separated values. */
export function readList<Value>(readOne: (text: string) => Value | undefined) {
  return (text: string): readonly Value[] | undefined => {
    const values = text.split(",").map((one) => readOne(one.trim()));
    const known = values.filter((value) => value !== undefined);
    return known.length === values.length ? known : undefined;
  };
}

/** The rule and the parser of a whole number between bounds. */
export function wholeNumber(least: number, most: number) {
  return {
    rule: `a whole number from ${least} to ${most}`,
    read: (text: string): number | undefined => {
      const value = Number(text);
      return /^[0-9]+$/.test(text) && value >= least && value <= most ? value : undefined;
    },
  };
}
