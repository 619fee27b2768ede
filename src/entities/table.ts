import { type DataSource, getMetadataArgsStorage } from "typeorm";
import { pendingMigrations } from "../../migrations/pending.js";

/** The class of an entity. */
export type EntityClass = new () => Table;

/** The base class of every table's entity. */
export abstract class Table {
  /** The row's key. */
  abstract uniqueId: number;

  /**
   * Makes an entity from a row as a SQLite tool returns it, with the columns' names in the database. Columns that the row lacks are
   * missing from the entity too; unknown columns are ignored.
   */
  static fromSqlite<Row extends Table>(this: new () => Row, row: Readonly<Record<string, unknown>>): Row {
    const entity = new this();
    for (const { target, propertyName, options } of getMetadataArgsStorage().columns) {
      const column = options.name ?? propertyName;
      if (target !== this || !Object.hasOwn(row, column)) continue;
      const value = row[column];
      // SQLite has no booleans.
      const isNumber = options.type === "boolean" && typeof value === "number";
      Object.assign(entity, { [propertyName]: isNumber ? value !== 0 : value });
    }
    return entity;
  }

  /**
   * Whether a migration that changes this table is pending. Tables cannot be migrated one by one: `Database.performUpdates` runs all
   * pending migrations.
   *
   * @param engine as `Database.getEngine` returns it.
   */
  static async requiresUpdate(engine: DataSource): Promise<boolean> {
    const table = getMetadataArgsStorage().tables.find(({ target }) => target === this)?.name;
    return (await pendingMigrations(engine)).some(({ touches }) => touches.includes(table ?? ""));
  }
}
