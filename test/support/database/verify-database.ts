export { verifyDatabase } from "../../../harness/verify-database.js";
