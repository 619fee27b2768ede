/** A row as tests compare it: on both engines a boolean is 0 or 1, and a count is a number. */
export type Row = Record<string, unknown>;
