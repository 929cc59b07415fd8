// Days of the calendar, without a clock and without a zone.

import { CouldNotSay } from "./error.js";

/** 0001-01-01 and 9999-12-31, in days since 1970-01-01. */
const FIRST = -719162;
const LAST = 2932896;
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** One object for each day, so that `===`, `Set` and `Map` compare days and not objects. */
const KNOWN = new Map();
const MAKING = Symbol("making a day");

/**
 * A day of the calendar. The same day is the same object: compare with `===`, `<`, `>`, and use it as a key.
 */
export class Day {
  #days;

  constructor(days, key) {
    if (key !== MAKING) {
      throw new TypeError("make a day with Day.of or Day.parse");
    }
    this.#days = days;
  }

  /**
   * @param {number} days since 1970-01-01
   */
  static of(days) {
    const known = KNOWN.get(days);
    if (known !== undefined) {
      return known;
    }
    if (!Number.isInteger(days) || days < FIRST || days > LAST) {
      throw new CouldNotSay(`${days} days since 1970-01-01 is not a day of the years 1 to 9999`);
    }
    const day = Object.freeze(new Day(days, MAKING));
    KNOWN.set(days, day);
    return day;
  }

  /**
   * @param {string} text as 2026-01-30
   */
  static parse(text) {
    const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
    if (parts !== null) {
      const [year, month, day] = parts.slice(1).map(Number);
      const days = daysOf(year, month, day);
      if (year > 0 && iso(days) === text) {
        return Day.of(days);
      }
    }
    throw new CouldNotSay(`${JSON.stringify(text)} is not a day: expected one as 2026-01-30`);
  }

  /** Days since 1970-01-01. */
  get days() {
    return this.#days;
  }

  /** `mon` to `sun`. */
  get weekday() {
    return WEEKDAYS[(((this.#days + 3) % 7) + 7) % 7];
  }

  /** The day some days later, or earlier. */
  plus(days) {
    return Day.of(this.#days + days);
  }

  /** Days from this day to another; negative when that is earlier. */
  until(other) {
    return other.days - this.#days;
  }

  toString() {
    return iso(this.#days);
  }

  toJSON() {
    return iso(this.#days);
  }

  valueOf() {
    return this.#days;
  }

  /** A template takes the text, a comparison the number. */
  [Symbol.toPrimitive](hint) {
    return hint === "number" ? this.#days : iso(this.#days);
  }
}

export { WEEKDAYS };

/** The text of days since 1970-01-01, for years 0 to 9999. */
export function iso(days) {
  // Years that begin in March, in eras of 400 years: the day of the leap is the last of a year.
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const ofEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
}

/** Days since 1970-01-01. */
export function daysOf(year, month, day) {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const ofEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + ofYear;
  return era * 146097 + ofEra - 719468;
}

function digits(number, count) {
  return String(number).padStart(count, "0");
}
