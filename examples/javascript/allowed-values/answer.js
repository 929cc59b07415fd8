// Asking for rows.

import { open } from "assay:query/query@1.0.0";

import { CouldNotSay } from "./guard.js";

/** Rows asked for at a time. */
const BATCH_ROWS = 1024;
const DISPOSE = Symbol.dispose ?? Symbol.for("dispose");
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The rows that a statement returns, each an object by name of column. Whole numbers are BigInts, nulls are null.
 *
 * @param {string} source
 * @param {string} sql
 * @param {{ name: string, value: { tag: string, val: unknown } }[]} params
 * @returns {Record<string, bigint | string | null>[]}
 */
export function rows(source, sql, params) {
  const cursor = open(source, sql, params);
  try {
    const names = cursor.columns().map((column) => column.name);
    const found = [];
    for (let batch; (batch = cursor.next(BATCH_ROWS)) !== undefined; ) {
      const columns = batch.columns.map((column, index) => values(names[index], column, batch.rows));
      for (let row = 0; row < batch.rows; row += 1) {
        found.push(Object.fromEntries(names.map((name, index) => [name, columns[index][row]])));
      }
    }
    return found;
  } finally {
    cursor[DISPOSE]();
  }
}

/** The row of a statement that must have exactly one. */
export function onlyRow(source, sql, params) {
  const found = rows(source, sql, params);
  if (found.length !== 1) {
    throw new CouldNotSay(`the query returned ${found.length} rows where one was expected`);
  }
  return found[0];
}

function values(name, { validity, data }, rows) {
  const isPresent = (row) => validity.length === 0 || ((validity[row >> 3] >> (row & 7)) & 1) === 1;
  const value = reader(name, data);
  return Array.from({ length: rows }, (_, row) => (isPresent(row) ? value(row) : null));
}

function reader(name, { tag, val }) {
  switch (tag) {
    case "int64":
      return (row) => val[row];
    case "text":
      return (row) => UTF8.decode(val.bytes.subarray(val.offsets[row], val.offsets[row + 1]));
    default:
      throw new CouldNotSay(`column \`${name}\` holds ${tag} where a whole number or text was expected`);
  }
}
