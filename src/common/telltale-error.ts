/** An error with a code whose message is a sentence for people: it says what happened and what to do. */
export abstract class TelltaleError<Code extends string = string> extends Error {
  constructor(
    readonly code: Code,
    sentence: string,
    options?: ErrorOptions,
  ) {
    super(sentence, options);
  }
}
