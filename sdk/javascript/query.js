// Asking for data.

import { open } from "assay:query/query@1.0.0";

import { asking } from "./error.js";
import { parameter } from "./parameter.js";
import { Rows } from "./rows.js";

/**
 * A statement for a source. Values are bound with `bind`, never written into the text.
 *
 * @param {string} source
 * @param {string} sql
 */
export function query(source, sql) {
  for (const [name, given] of Object.entries({ source, sql })) {
    if (typeof given !== "string" || given === "") {
      throw new TypeError(`query: expected the ${name} as text, found ${String(given)}`);
    }
  }
  return new Query(source, sql, []);
}

/** A statement with its parameters. */
export class Query {
  #source;
  #sql;
  #params;

  constructor(source, sql, params) {
    this.#source = source;
    this.#sql = sql;
    this.#params = params;
  }

  /**
   * The statement with `@name` bound. The kind follows from the value, and is said where it does not: for null, for an
   * empty list, and for a whole number that is to be a double.
   *
   * @param {string} name
   * @param {unknown} value
   * @param {string} [kind] for example `text`, `float64`, `date[]`
   */
  bind(name, value, kind) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new TypeError(`bind: expected a name as in the statement and without its @, found ${String(name)}`);
    }
    return new Query(this.#source, this.#sql, [...this.#params, { name, value: parameter(name, value, kind) }]);
  }

  /** Binds `@name` if the statement names it: for statements that come from settings and need not use all there is. */
  bindIfNamed(name, value, kind) {
    const isNamed = new RegExp(`@${name}(?![A-Za-z0-9_])`, "i").test(this.#sql);
    return isNamed ? this.bind(name, value, kind) : this;
  }

  /**
   * Asks, and answers with the rows, to be read once.
   *
   * @param {Record<string, string>} [shape] type by name of column; left out, every column as it is, nulls allowed
   */
  rows(shape) {
    const check = Rows.shape(shape);
    return new Rows(
      asking(() => open(this.#source, this.#sql, this.#params)),
      check,
    );
  }

  /**
   * Asks, and answers with the one row of an answer that must have exactly one.
   *
   * @param {Record<string, string>} [shape] as for `rows`
   */
  onlyRow(shape) {
    return this.rows(shape).only();
  }
}
