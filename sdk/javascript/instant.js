// Instants, times in no zone and times of day, exact to the microsecond.

import { Day } from "./day.js";
import { CouldNotSay } from "./error.js";

const SECOND = 1_000_000n;
const DAY = 86_400n * SECOND;

/** Microseconds that compare and print; what they count from is the subclass's own. */
class Micros {
  #micros;

  /**
   * @param {bigint} micros
   */
  constructor(micros) {
    this.#micros = micros;
    Object.freeze(this);
  }

  /** Microseconds, a BigInt. */
  get micros() {
    return this.#micros;
  }

  equals(other) {
    return other?.constructor === this.constructor && other.micros === this.#micros;
  }

  /** For `<` and `>`; two objects of the same instant are not `===`, use `equals`. */
  valueOf() {
    return this.#micros;
  }

  toJSON() {
    return this.toString();
  }

  [Symbol.toPrimitive](hint) {
    return hint === "number" ? this.#micros : this.toString();
  }
}

/** A time of the calendar in no zone. */
export class DateTime extends Micros {
  constructor(micros) {
    super(inCalendar(micros));
  }

  /** The day it is on. */
  get day() {
    return Day.of(Number(floor(this.micros, DAY)));
  }

  toString() {
    return `${this.day}T${clock(this.micros - floor(this.micros, DAY) * DAY)}`;
  }
}

/** An instant. */
export class Timestamp extends Micros {
  /**
   * @param {bigint} micros since 1970-01-01 00:00 UTC
   */
  constructor(micros) {
    super(inCalendar(micros));
  }

  /**
   * The day it is there.
   *
   * @param {number} [utcOffsetSeconds] seconds east of UTC
   */
  day(utcOffsetSeconds = 0) {
    return Day.of(Number(floor(this.micros + BigInt(utcOffsetSeconds) * SECOND, DAY)));
  }

  /** The instant some seconds later, or earlier. */
  plusSeconds(seconds) {
    return new Timestamp(this.micros + BigInt(Math.round(seconds * 1e6)));
  }

  /** Seconds from this instant to another; negative when that is earlier. */
  secondsUntil(other) {
    return Number(other.micros - this.micros) / 1e6;
  }

  toString() {
    return `${this.day()}T${clock(this.micros - floor(this.micros, DAY) * DAY)}Z`;
  }
}

/** A time of day. */
export class TimeOfDay extends Micros {
  /**
   * @param {bigint} micros since midnight
   */
  constructor(micros) {
    if (typeof micros !== "bigint" || micros < 0n || micros >= DAY) {
      throw new CouldNotSay(`${micros} microseconds since midnight is not a time of day`);
    }
    super(micros);
  }

  toString() {
    return clock(this.micros);
  }
}

function inCalendar(micros) {
  if (typeof micros !== "bigint") {
    throw new TypeError(`expected microseconds as a BigInt, found ${typeof micros}`);
  }
  Day.of(Number(floor(micros, DAY)));
  return micros;
}

function floor(micros, unit) {
  const quotient = micros / unit;
  return micros < 0n && quotient * unit !== micros ? quotient - 1n : quotient;
}

/** `12:30:00`, with a fraction of a second if there is one. */
function clock(micros) {
  const seconds = Number(micros / SECOND);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const fraction = String(micros % SECOND)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return parts.map((part) => String(part).padStart(2, "0")).join(":") + (fraction === "" ? "" : `.${fraction}`);
}
