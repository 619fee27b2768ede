import { DatabaseError } from "../database-error.js";

/** The address of a PostgreSQL database. */
export interface PostgresAddress {
  /** The address without password and parameters, which users may see. */
  readonly name: string;
  /** The address for the driver, without `options`. */
  readonly connectionString: string;
  /** The address's own `options`, in libpq's form. */
  readonly options: string;
}

/**
 * Parses an address.
 *
 * @throws DatabaseError `bad_address`; its sentence repeats nothing of the address, which may hold a password anywhere.
 */
export function readPostgresAddress(text: string): PostgresAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw badAddress();
  }
  const { protocol, username, host, pathname, search, hash } = url;
  // A password with / ? # that are not encoded ends up in the path, the search or the hash.
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
