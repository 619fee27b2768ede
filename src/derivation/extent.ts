import { DerivationError } from "./derivation-error.js";

// Limits over all tells of a message: it is written in one transaction, and all other writers wait for that.
const maximumTrials = 10_000;
const maximumCells = 250_000;
const maximumCharacters = 32 * 1024 * 1024;

/** Counts what derives from one message, and ends the derivation when it becomes too much. */
export class Extent {
  #trials = 0;
  #cells = 0;
  #characters = 0;

  /** Counts trials of so many parameters and outcomes each. @throws DerivationError `too many trials`. */
  add(trials: number, width: number): void {
    this.#trials += trials;
    this.#cells += trials * width;
    if (this.#trials > maximumTrials || this.#cells > maximumCells)
      throw new DerivationError("too many trials");
  }

  /** Counts text that is stored. @throws DerivationError `too large`. */
  addCharacters(characters: number): void {
    this.#characters += characters;
    if (this.#characters > maximumCharacters) throw new DerivationError("too large");
  }
}
