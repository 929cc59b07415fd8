// The edge between JavaScript's exceptions and the contract's two ways of not saying: an error and a trap.

import { aborting } from "assay:report/report@1.0.0";

/** What keeps the check from saying: neither pass nor fail. */
export class CouldNotSay extends Error {
  constructor(message) {
    super(message);
    // What the generated bindings return as the error of an export.
    this.payload = message;
  }
}

/**
 * Lets nothing that leaves an export lose its words. A problem of a query that nobody handled keeps the check from
 * saying, and its message is the reason. Anything else becomes a trap without a word, so that its text is passed on first.
 */
export function guarded(work) {
  return (...given) => {
    try {
      return work(...given);
    } catch (error) {
      if (error instanceof CouldNotSay) {
        throw error;
      }
      // As the generated bindings throw the `problem` of an import.
      if (typeof error?.payload?.message === "string") {
        throw new CouldNotSay(error.payload.message);
      }
      aborting(`${error}\n${error?.stack ?? ""}`);
      // Never the thrown value itself: the bindings would return one that is no Error, and nothing would trap.
      throw new Error("told", { cause: error });
    }
  };
}
