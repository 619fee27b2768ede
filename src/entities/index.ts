/** Entities: the tables of a telltale database, one TypeORM entity a file. */
export { Config } from "./config.js";
export { DeletedSession } from "./deleted-session.js";
export { Master } from "./master.js";
export { Outcome } from "./outcome.js";
export { Param } from "./param.js";
export { Raw } from "./raw.js";
export { Rejected } from "./rejected.js";
export { Replay } from "./replay.js";
export { Strat } from "./strat.js";
export type { EntityClass, Table } from "./table.js";
