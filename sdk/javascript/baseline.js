// What was usual before.

import { CouldNotSay } from "./error.js";

/** Makes the median absolute deviation of a normal distribution its standard deviation. */
const NORMAL = 0.6745;

/** What was usual, of a series of earlier values. */
export class Baseline {
  constructor(values) {
    const sorted = [...values].sort((a, b) => a - b);
    /** How many values there were. */
    this.count = values.length;
    this.median = middle(sorted);
    /** Median of the distances from the median. */
    this.mad = middle(sorted.map((value) => Math.abs(value - this.median)).sort((a, b) => a - b));
    this.mean = sorted.reduce((sum, value) => sum + value / values.length, 0);
    /** Of a sample (n − 1); 0 of a single value. */
    this.standardDeviation = Math.sqrt(
      sorted.reduce((sum, value) => sum + (value - this.mean) ** 2, 0) / Math.max(values.length - 1, 1),
    );
    Object.freeze(this);
  }

  /**
   * Too few values are not enough to say what is usual, and a value that is no number is no history.
   *
   * @param {Iterable<number | bigint>} values
   * @param {{ atLeast: number }} options how many there must be, 1 or more
   */
  static of(values, { atLeast } = {}) {
    if (!Number.isInteger(atLeast) || atLeast < 1) {
      throw new TypeError("Baseline.of: say how many values are enough, as in Baseline.of(values, { atLeast: 7 })");
    }
    const numbers = Array.from(values, (value) => finite(value, "a value of the baseline"));
    if (numbers.length < atLeast) {
      throw new CouldNotSay(`not enough history: ${numbers.length} values where at least ${atLeast} are needed`);
    }
    return new Baseline(numbers);
  }

  /**
   * How far a value is from what was usual, as a robust z-score. When all was the same, anything else is infinitely far.
   *
   * @param {number | bigint} value
   */
  deviation(value) {
    const distance = finite(value, "the value") - this.median;
    if (distance === 0) {
      return 0;
    }
    return this.mad === 0 ? Math.sign(distance) * Infinity : (NORMAL * distance) / this.mad;
  }

  /**
   * How much more than the median a value is, in percent of it; negative for less.
   *
   * @param {number | bigint} value
   */
  changePercent(value) {
    const distance = finite(value, "the value") - this.median;
    if (this.median === 0) {
      throw new CouldNotSay("no change in percent can be told: the median of the baseline is 0");
    }
    return (100 * distance) / Math.abs(this.median);
  }
}

function finite(value, what) {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) {
    throw new CouldNotSay(`${what} is ${String(value)}, which is not a finite number`);
  }
  return number;
}

function middle(sorted) {
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)] : sorted[half - 1] + (sorted[half] - sorted[half - 1]) / 2;
}
