// A check's conclusion.

import { whole } from "./whole.js";

/** A check's conclusion. */
export class Verdict {
  #outcome;
  #summary;
  #examined;

  constructor(outcome, summary, examined) {
    if (typeof summary !== "string" || summary === "") {
      throw new TypeError(`Verdict.${outcome}: expected a sentence for a person first`);
    }
    if (outcome === "pass" && examined === undefined) {
      throw new TypeError("Verdict.pass: say how many rows it rests on, as in Verdict.pass(summary, rows)");
    }
    this.#outcome = outcome;
    this.#summary = summary;
    this.#examined = examined === undefined ? undefined : whole(examined, `Verdict.${outcome}: the rows examined`);
  }

  /**
   * The check looked, and all is well.
   *
   * @param {string} summary one sentence for a person
   * @param {number | bigint} examined how many rows it rests on; a pass on 0 rows is not a pass
   */
  static pass(summary, examined) {
    return new Verdict("pass", summary, examined);
  }

  /** Noticeable, not bad. */
  static warn(summary, examined) {
    return new Verdict("warn", summary, examined);
  }

  /** The data is not as it must be. */
  static fail(summary, examined) {
    return new Verdict("fail", summary, examined);
  }

  /** Not applicable, by a positive fact; never "could not check". */
  static skip(reason) {
    return new Verdict("skip", reason);
  }

  get outcome() {
    return this.#outcome;
  }

  get summary() {
    return this.#summary;
  }

  /** Rows the conclusion rests on, a BigInt; undefined when it does not say. */
  get examined() {
    return this.#examined;
  }
}
