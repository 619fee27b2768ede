import { TelltaleError } from "../../common/index.js";

/** Everything that is wrong with a configuration, one sentence per problem. */
export class ConfigError extends TelltaleError<"bad_config"> {
  override readonly name = "ConfigError";

  constructor(readonly problems: readonly string[]) {
    super("bad_config", problems.join("\n"));
  }
}
