import type { ColumnType } from "typeorm";

/** The column type of bytes; each engine's driver has its own name for it (blob, bytea). */
export const bytes = Buffer as unknown as ColumnType;
