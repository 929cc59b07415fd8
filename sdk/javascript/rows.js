// The rows of an answer.

import { TYPE_NAMES, reader } from "./cell.js";
import { CouldNotSay, asking } from "./error.js";

/** Rows asked for at a time; the host may give fewer. */
const BATCH_ROWS = 1024;
const DISPOSE = Symbol.dispose ?? Symbol.for("dispose");

/** The rows of an answer, read forward once. What was read is not all there is until the loop has ended by itself. */
export class Rows {
  #cursor;
  #readers;
  #names;
  #columns;
  #isRead = false;

  /**
   * @param {object} cursor the contract's
   * @param {Record<string, string> | undefined} shape
   */
  constructor(cursor, shape) {
    this.#cursor = cursor;
    try {
      this.#columns = asking(() => cursor.columns());
      const asked = shape === undefined ? everything(this.#columns) : Object.entries(shape);
      this.#names = asked.map(([name]) => name);
      this.#readers = asked.map(([name, type]) => {
        const index = this.#find(name);
        return { index, read: reader(this.#columns[index], type) };
      });
    } catch (error) {
      cursor[DISPOSE]();
      throw error;
    }
  }

  /** A shape that was looked at: a type that there is none of is the author's mistake. */
  static shape(shape) {
    if (shape === undefined) {
      return undefined;
    }
    const wrong = Object.entries(shape).find(([, type]) => !TYPE_NAMES.includes(String(type).replace(/\?$/, "")));
    if (wrong !== undefined) {
      const [name, type] = wrong;
      throw new TypeError(
        `rows: column \`${name}\`: unknown type \`${type}\`, expected one of ${TYPE_NAMES.join(", ")}, ` +
          "with a `?` where null is allowed",
      );
    }
    return shape;
  }

  /** Names of the answer's columns. */
  get columns() {
    return this.#columns.map(({ name }) => name);
  }

  *[Symbol.iterator]() {
    if (this.#isRead) {
      throw new TypeError("these rows were read already: keep them, as in `const kept = [...rows]`");
    }
    this.#isRead = true;
    try {
      for (let batch; (batch = asking(() => this.#cursor.next(BATCH_ROWS))) !== undefined;) {
        yield* this.#decode(batch);
      }
    } finally {
      this.#cursor[DISPOSE]();
    }
  }

  /** The one row of an answer that must have exactly one. */
  only() {
    let only;
    for (const row of this) {
      if (only !== undefined) {
        throw new CouldNotSay("the query returned more than one row where one was expected");
      }
      only = row;
    }
    if (only === undefined) {
      throw new CouldNotSay("the query returned no row where one was expected");
    }
    return only;
  }

  *#decode(batch) {
    if (batch.columns.length !== this.#columns.length) {
      throw new CouldNotSay("the host sent a batch that does not fit its columns");
    }
    const values = this.#readers.map(({ index, read }) => read(batch.columns[index], batch.rows));
    for (let row = 0; row < batch.rows; row += 1) {
      yield Object.fromEntries(this.#names.map((name, index) => [name, values[index][row]]));
    }
  }

  #find(name) {
    const places = this.#columns.flatMap((column, index) => (column.name === name ? [index] : []));
    if (places.length === 1) {
      return places[0];
    }
    const found = this.#columns.map((column) => `\`${column.name}\``).join(", ");
    throw new CouldNotSay(
      places.length === 0
        ? `the query returned no column \`${name}\`, only ${found || "none at all"}`
        : `the query returned ${places.length} columns \`${name}\``,
    );
  }
}

function everything(columns) {
  return columns.map(({ name }) => [name, "any?"]);
}
