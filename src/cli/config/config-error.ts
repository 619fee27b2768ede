/** Everything that is wrong with a configuration, one sentence per problem. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "bad_config";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}
