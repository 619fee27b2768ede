import { type DataSource, getMetadataArgsStorage } from "typeorm";
import { pendingMigrations } from "../../migrations/pending.js";

/** What every table's entity can do besides holding a row. */
export abstract class Table {
  /** The row's key. */
  abstract uniqueId: number;

  /**
   * The entity of a row as a SQLite tool reads it: columns by their names in the database. Columns that the row lacks are
   * missing from the entity too; others are ignored.
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
   * Whether a migration that changes this table is pending. A table cannot be updated alone: `Database.performUpdates` applies all
   * migrations.
   *
   * @param engine the result of `Database.getEngine`.
   */
  static async requiresUpdate(engine: DataSource): Promise<boolean> {
    const table = getMetadataArgsStorage().tables.find(({ target }) => target === this)?.name;
    return (await pendingMigrations(engine)).some(({ touches }) => touches.includes(table ?? ""));
  }
}
