// Values of a column: what they are in the contract, and what a check asks for.

import { Day } from "./day.js";
import { CouldNotSay } from "./error.js";
import { DateTime, TimeOfDay, Timestamp } from "./instant.js";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const text = (value) => value;
const whole = (value) => (/^-?\d+(\.0*)?$/.test(value) ? BigInt(value.split(".")[0]) : undefined);

function double(value) {
  const number = Number(value);
  return value.trim() === "" || Number.isNaN(number) ? undefined : number;
}

function safe(value) {
  if (value === undefined) {
    return undefined;
  }
  const number = Number(value);
  if (Number.isSafeInteger(number)) {
    return number;
  }
  throw new CouldNotSay(`${value} is beyond what a Number holds exactly: ask for it as "bigint"`);
}

/**
 * Types a check can ask for: what is expected, and by kind of the contract the conversion, which answers undefined when
 * a value cannot be one.
 */
const TYPES = {
  integer: { expected: "a whole number", from: { int64: safe, decimal: (value) => safe(whole(value)) } },
  bigint: { expected: "a whole number", from: { int64: (value) => value, decimal: whole } },
  number: { expected: "a number", from: { float64: Number, int64: Number, decimal: double } },
  boolean: { expected: "a truth value", from: { boolean: (value) => value } },
  text: { expected: "text", from: { text, json: text, other: text, decimal: text } },
  decimal: { expected: "an exact number", from: { decimal: text, int64: String } },
  json: { expected: "JSON", from: { json: parsed } },
  bytes: { expected: "bytes", from: { bytes: (value) => value } },
  date: { expected: "a date", from: { date: Day.of } },
  time: { expected: "a time of day", from: { time: (value) => new TimeOfDay(value) } },
  datetime: { expected: "a time in no zone", from: { datetime: (value) => new DateTime(value) } },
  timestamp: {
    expected: "an instant",
    from: {
      timestamp: (value) => new Timestamp(value),
      // A time in no zone is taken as UTC.
      datetime: (value) => new Timestamp(value),
    },
  },
};

/** The type that says all that a kind can hold. */
const NATURAL = {
  int64: "bigint",
  float64: "number",
  text: "text",
  boolean: "boolean",
  bytes: "bytes",
  date: "date",
  time: "time",
  datetime: "datetime",
  timestamp: "timestamp",
  decimal: "decimal",
  json: "text",
  other: "text",
};

/** How the values of a kind are laid out. */
const LAYOUT = {
  int64: "int64",
  float64: "float64",
  text: "text",
  boolean: "bits",
  bytes: "bytes",
  date: "days",
  time: "micros",
  datetime: "micros",
  timestamp: "micros",
  decimal: "text",
  json: "text",
  other: "text",
};

/** Names of the types that a check can ask for. */
export const TYPE_NAMES = [...Object.keys(TYPES), "any"];

/**
 * How one column is read.
 *
 * @param {{ name: string, kind: string }} info the contract's column
 * @param {string} wanted a type; `?` at its end allows null
 * @returns {(column: object, rows: number) => unknown[]} the values of a batch's column
 */
export function reader({ name, kind }, wanted) {
  const isNullable = wanted.endsWith("?");
  const asked = isNullable ? wanted.slice(0, -1) : wanted;
  const type = TYPES[asked === "any" ? NATURAL[kind] : asked];
  const convert = type?.from[kind];
  if (convert === undefined) {
    throw new CouldNotSay(`column \`${name}\` holds ${kind} where ${type?.expected ?? "a known kind"} was expected`);
  }
  return (column, rows) => {
    if (!fits(column, kind, rows)) {
      throw new CouldNotSay("the host sent a batch that does not fit its columns");
    }
    const raw = access(column.data, name);
    const values = new Array(rows);
    for (let row = 0; row < rows; row += 1) {
      if (column.validity.length > 0 && !bit(column.validity, row)) {
        if (!isNullable) {
          throw new CouldNotSay(`column \`${name}\` holds null where ${type.expected} was expected`);
        }
        values[row] = null;
      } else {
        values[row] = converted(name, convert, raw(row), type);
      }
    }
    return values;
  };
}

function converted(name, convert, raw, { expected }) {
  let value;
  try {
    value = convert(raw);
  } catch (error) {
    if (error instanceof CouldNotSay) {
      throw new CouldNotSay(`column \`${name}\`: ${error.message}`);
    }
    throw error;
  }
  if (value === undefined) {
    throw new CouldNotSay(`column \`${name}\` holds \`${raw}\` where ${expected} was expected`);
  }
  return value;
}

/** Whether a column has the layout of its kind and as many values as rows, so that no access can go wrong later. */
function fits({ validity, data: { tag, val } }, kind, rows) {
  const bytes = Math.ceil(rows / 8);
  if (tag !== LAYOUT[kind] || (validity.length > 0 && validity.length < bytes)) {
    return false;
  }
  switch (tag) {
    case "bits":
      return val.length >= bytes;
    case "text":
    case "bytes": {
      const { offsets } = val;
      const isSorted = offsets.every((offset, index) => index === 0 || offsets[index - 1] <= offset);
      return offsets.length === rows + 1 && offsets[0] === 0 && isSorted && offsets[rows] === val.bytes.length;
    }
    default:
      return val.length === rows;
  }
}

function access({ tag, val }, name) {
  const slice = (row) => val.bytes.subarray(val.offsets[row], val.offsets[row + 1]);
  switch (tag) {
    case "bits":
      return (row) => bit(val, row);
    case "text":
      return (row) => decoded(slice(row), name);
    case "bytes":
      return (row) => slice(row).slice();
    default:
      return (row) => val[row];
  }
}

function bit(bits, row) {
  return ((bits[row >> 3] >> (row & 7)) & 1) === 1;
}

function decoded(bytes, name) {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new CouldNotSay(`column \`${name}\` holds text that is not UTF-8`);
  }
}

function parsed(document) {
  try {
    return JSON.parse(document);
  } catch (error) {
    throw new CouldNotSay(`not JSON: ${error.message}`);
  }
}

/**
 * A value for a person, as a sample shows it; undefined for null.
 *
 * @param {unknown} value
 * @returns {string | undefined}
 */
export function shown(value) {
  if (value === null || value === undefined) {
    return undefined;
  }
  if (value instanceof Uint8Array) {
    return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  const isPlain =
    typeof value === "object" && (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);
  return isPlain ? JSON.stringify(value) : String(value);
}
