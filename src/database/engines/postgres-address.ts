import { DatabaseError } from "../database-error.js";

/** Where a PostgreSQL database is, and what may be told of that. */
export interface PostgresAddress {
  /** The address without password and parameters. */
  readonly name: string;
  /** The address for the driver; `options` are taken out of it. */
  readonly connectionString: string;
  /** Settings that the address itself asks for, as `options` of libpq. */
  readonly options: string;
}

/**
 * Takes an address apart.
 *
 * @throws DatabaseError `bad_address`; its sentence repeats nothing of the address, for a password may stand anywhere in it.
 */
export function readPostgresAddress(text: string): PostgresAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw badAddress();
  }
  const { protocol, username, host, pathname, search, hash } = url;
  // A password whose / ? # are not encoded ends up in what follows the host.
  const isCut = hash !== "" || pathname.includes("@") || search.includes("@");
  if (isCut || !text.toLowerCase().startsWith(`${protocol}//`)) throw badAddress();
  const options = url.searchParams.get("options") ?? "";
  url.searchParams.delete("options");
  return {
    name: `${protocol}//${username === "" ? "" : `${username}@`}${host}${pathname}`,
    connectionString: url.href,
    options,
  };
}

function badAddress(): DatabaseError {
  return new DatabaseError(
    "bad_address",
    "The address of the PostgreSQL database cannot be read; it must look like postgres://user:password@host:5432/database, " +
      "with / ? # @ % of a password written as %2F %3F %23 %40 %25.",
  );
}
