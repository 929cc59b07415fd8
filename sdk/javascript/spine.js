// Every day that should be there.

import { Day, WEEKDAYS } from "./day.js";

/** The days from a first to a last one, all of them or those of some weekdays. */
export class DateSpine {
  #days;
  #places;

  /**
   * @param {Day} start first day
   * @param {Day} end last day, not before the first
   * @param {{ weekdays?: string[] }} [options] of `mon` to `sun`; left out, every day
   */
  constructor(start, end, { weekdays = WEEKDAYS } = {}) {
    if (!(start instanceof Day) || !(end instanceof Day) || end < start) {
      throw new TypeError(`DateSpine: expected a first and a last day, found ${start} and ${end}`);
    }
    const unknown = weekdays.find((weekday) => !WEEKDAYS.includes(weekday));
    if (unknown !== undefined || weekdays.length === 0) {
      throw new TypeError(`DateSpine: weekdays: expected some of ${WEEKDAYS.join(", ")}, found ${unknown ?? "none"}`);
    }
    this.start = start;
    this.end = end;
    const all = Array.from({ length: start.until(end) + 1 }, (_, index) => start.plus(index));
    this.#days = all.filter((day) => weekdays.includes(day.weekday));
    this.#places = new Map(this.#days.map((day, place) => [day, place]));
    Object.freeze(this);
  }

  /** How many days there are. */
  get size() {
    return this.#days.length;
  }

  [Symbol.iterator]() {
    return this.#days[Symbol.iterator]();
  }

  /** Whether a day is one of them. */
  has(day) {
    return this.#places.has(day);
  }

  /**
   * The days that are not among those seen, in order.
   *
   * @param {Iterable<Day>} seen
   */
  missing(seen) {
    const found = new Set(seen);
    for (const day of found) {
      isDay(day);
    }
    return this.#days.filter((day) => !found.has(day));
  }

  /**
   * Days as text, adjacent ones as one span: `2026-01-18..2026-01-20, 2026-01-24`. Adjacent is what has no other day of
   * the spine in between.
   *
   * @param {Iterable<Day>} days days of the spine
   */
  spans(days) {
    return this.#runs(days).map(spanText).join(", ");
  }

  /**
   * The span of some days that a day lies in; of none, the day itself.
   *
   * @param {Day} day
   * @param {Iterable<Day>} days days of the spine
   */
  around(day, days) {
    isDay(day);
    return spanText(this.#runs(days).find((run) => run.includes(day)) ?? [day]);
  }

  #runs(days) {
    const places = [...new Set(days)].map((day) => this.#place(day)).sort((a, b) => a - b);
    const runs = [];
    places.forEach((place, index) => {
      if (index > 0 && places[index - 1] === place - 1) {
        runs.at(-1).push(this.#days[place]);
      } else {
        runs.push([this.#days[place]]);
      }
    });
    return runs;
  }

  #place(day) {
    isDay(day);
    const place = this.#places.get(day);
    if (place === undefined) {
      throw new TypeError(`DateSpine: ${day} is not one of its days`);
    }
    return place;
  }
}

function isDay(day) {
  if (!(day instanceof Day)) {
    throw new TypeError(`DateSpine: expected days, found ${typeof day} ${String(day)}`);
  }
}

function spanText(run) {
  return run.length === 1 ? `${run[0]}` : `${run[0]}..${run.at(-1)}`;
}
