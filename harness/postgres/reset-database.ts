import pg from "pg";

/** The one table with rows in a new database: the migrations that have run. */
const keptTable = "migrations";

/**
 * What a database is, apart from the rows of its tables: a digest that differs after any change of the schema, its owner's settings
 * or the migrations. `xmin` is the transaction that wrote a row of a catalog; copies of a database have it in common.
 */
const readSchema = `
  select md5(string_agg(line, ' ' order by line)) as digest from (
    select 'class ' || oid || ' ' || xmin as line from pg_class where oid >= 16384
    union all select 'attribute ' || attrelid || ' ' || attnum || ' ' || xmin from pg_attribute where attrelid >= 16384
    union all select 'constraint ' || oid || ' ' || xmin from pg_constraint where oid >= 16384
    union all select 'trigger ' || oid || ' ' || xmin from pg_trigger
    union all select 'rule ' || oid || ' ' || xmin from pg_rewrite where oid >= 16384
    union all select 'function ' || oid || ' ' || xmin from pg_proc where oid >= 16384
    union all select 'type ' || oid || ' ' || xmin from pg_type where oid >= 16384
    union all select 'namespace ' || oid || ' ' || xmin from pg_namespace
    union all select 'settings ' || setconfig::text from pg_db_role_setting
      where setdatabase = (select oid from pg_database where datname = current_database())
    union all select 'privileges ' || coalesce(datacl::text, '') from pg_database where datname = current_database()
    union all select 'migration ' || "name" from ${keptTable}
  ) as lines`;

/** Deletes the rows of all tables at once, and starts their numbering again. */
const deleteRows = `
  do $$
  declare one regclass;
  begin
    set local session_replication_role = replica;
    for one in select oid from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> '${keptTable}'
    loop execute format('delete from %s', one); end loop;
    for one in select oid from pg_class
      where relkind = 'S' and relnamespace = 'public'::regnamespace and relname not like '${keptTable}%'
    loop perform setval(one, 1, false); end loop;
  end $$`;

/** A digest of the schema of a database at `url`; undefined if it cannot be read, for instance because it lacks the migrations. */
export async function readSchemaDigest(url: string): Promise<string | undefined> {
  return connect(url, async (client) => digestOf(client));
}

/** Empties a database for the next test, if nothing but rows changed in it; returns whether it is as new. */
export async function resetDatabase(url: string, digest: string): Promise<boolean> {
  const found = await connect(url, async (client) => {
    const present = await digestOf(client);
    if (present === digest) await client.query(deleteRows);
    return present;
  });
  return found === digest;
}

async function digestOf(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ digest: string }>(readSchema);
  return rows[0]?.digest;
}

async function connect<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result | undefined> {
  const client = new pg.Client(url);
  try {
    await client.connect();
    return await work(client);
  } catch {
    return undefined;
  } finally {
    await client.end();
  }
}
