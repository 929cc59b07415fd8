// From when on a number is bad.

import { CouldNotSay } from "./error.js";

/** From when on a number is noticeable, and from when on it is bad. */
export class Thresholds {
  /**
   * @param {{ warn: number, fail: number, direction: "below" | "above" }} limits `below`: less than a limit is wrong;
   *   `above`: more is. A number at a limit is fine. `fail` lies beyond `warn`, or at it.
   */
  constructor({ warn, fail, direction }) {
    if (direction !== "below" && direction !== "above") {
      throw new TypeError(`Thresholds: direction: expected "below" or "above", found ${String(direction)}`);
    }
    for (const [name, limit] of Object.entries({ warn, fail })) {
      if (typeof limit !== "number" || Number.isNaN(limit)) {
        throw new TypeError(`Thresholds: ${name}: expected a number, found ${String(limit)}`);
      }
    }
    this.warn = warn;
    this.fail = fail;
    this.direction = direction;
    const disorder = Thresholds.disorder(this);
    if (disorder !== undefined) {
      throw new TypeError(`Thresholds: fail: ${disorder}`);
    }
    Object.freeze(this);
  }

  /**
   * What is wrong with the order of two limits, as a settings problem says it; undefined if nothing is.
   *
   * @param {{ warn: number, fail: number, direction: "below" | "above" }} limits
   * @param {string} [name] the setting that `fail` must lie beyond
   */
  static disorder({ warn, fail, direction }, name = "warn") {
    if (direction === "below") {
      return fail > warn ? `expected at most \`${name}\`` : undefined;
    }
    return fail < warn ? `expected at least \`${name}\`` : undefined;
  }

  /**
   * @param {number | bigint} value
   * @returns {"fine" | "warn" | "fail"}
   */
  judge(value) {
    if ((typeof value !== "number" && typeof value !== "bigint") || Number.isNaN(value)) {
      throw new CouldNotSay(`cannot judge ${String(value)}: it is not a number`);
    }
    const isBeyond = (limit) => (this.direction === "below" ? value < limit : value > limit);
    if (isBeyond(this.fail)) {
      return "fail";
    }
    return isBeyond(this.warn) ? "warn" : "fine";
  }
}
