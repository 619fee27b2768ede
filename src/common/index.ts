/** The few things that several rooms need: replacing a file whole, plurals, escaping control characters, running work in turns. */
export { Fifo } from "./fifo.js";
export { escapeControls, escapeForTerminal, escapeLines } from "./escape-controls.js";
export { explainWriteError } from "./explain-write-error.js";
export { FileError, type FileErrorCode } from "./file-error.js";
export {
  alreadyExists,
  isTaken,
  moveIntoPlace,
  removePartial,
  requireFree,
  siblingPath,
  syncFolder,
} from "./partial-file.js";
export { plural } from "./plural.js";
export { makePrivateCopy } from "./private-copy.js";
export { protectDatabase } from "./protect-database.js";
export { runInTurns } from "./run-in-turns.js";
export { TelltaleError } from "./telltale-error.js";
export { type WriteOptions, replaceFile, writeText } from "./replace-file.js";
