// Names of tables and columns that settings bring into a statement.

import { CouldNotSay } from "./error.js";

// What could end the quoting, and braces, which a template could take for its own.
const PART = "[^`\\\\{}.\\u0000-\\u001f\\u007f-\\u009f]+";

/** A name that can be quoted, part by part; a JSON Schema pattern. */
export const NAME = `^${PART}(\\.${PART})*$`;

const IS_NAME = new RegExp(NAME);

/** Whether a text can be quoted as a name. */
export function isName(text) {
  return typeof text === "string" && IS_NAME.test(text);
}

/**
 * A dotted name in backticks, part by part: `a.b` becomes `` `a`.`b` ``. For names only; values are bound.
 *
 * @param {string} name
 * @returns {string}
 */
export function quote(name) {
  if (!isName(name)) {
    throw new CouldNotSay(`${JSON.stringify(name)} is not a name`);
  }
  return name
    .split(".")
    .map((part) => `\`${part}\``)
    .join(".");
}
