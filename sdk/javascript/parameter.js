// Values on their way into a statement.

import { Day } from "./day.js";
import { DateTime, Timestamp } from "./instant.js";

const SMALLEST = -(1n << 63n);
const LARGEST = (1n << 63n) - 1n;

/** By kind: what it is called in a message, and the contract's value, or undefined when there is none. */
const KINDS = {
  boolean: ["true or false", (value) => (typeof value === "boolean" ? value : undefined)],
  int64: ["a whole number of 64 bits", int64],
  float64: ["a number that is not NaN", float64],
  text: ["text", (value) => (typeof value === "string" ? value : undefined)],
  bytes: ["a Uint8Array", (value) => (value instanceof Uint8Array ? value : undefined)],
  date: ["a Day", (value) => (value instanceof Day ? value.days : undefined)],
  datetime: ["a DateTime", (value) => (value instanceof DateTime ? value.micros : undefined)],
  timestamp: ["a Timestamp", (value) => (value instanceof Timestamp ? value.micros : undefined)],
  decimal: ["a number in plain notation, as text", decimal],
};

/** By kind of their items: the contract's lists. */
const LISTS = {
  int64: BigInt64Array,
  float64: Float64Array,
  text: Array,
  date: Int32Array,
  timestamp: BigInt64Array,
};

/**
 * The contract's value.
 *
 * @param {string} name of the parameter, for the message
 * @param {unknown} value
 * @param {string} [kind] left out: what the value itself says
 */
export function parameter(name, value, kind = kindOf(value)) {
  if (kind === undefined) {
    throw new TypeError(`bind @${name}: ${unclear(value)}`);
  }
  const item = kind.endsWith("[]") ? kind.slice(0, -2) : undefined;
  if (!Object.hasOwn(item === undefined ? KINDS : LISTS, item ?? kind)) {
    const known = [...Object.keys(KINDS), ...Object.keys(LISTS).map((known) => `${known}[]`)];
    throw new TypeError(`bind @${name}: unknown kind \`${kind}\`, expected one of ${known.join(", ")}`);
  }
  if (item !== undefined) {
    if (!Array.isArray(value)) {
      throw new TypeError(`bind @${name}: expected a list, found ${describe(value)}`);
    }
    return { tag: `${item}-array`, val: LISTS[item].from(value.map((each) => convert(name, each, item))) };
  }
  return value === null ? { tag: "null", val: kind } : { tag: kind, val: convert(name, value, kind) };
}

function convert(name, value, kind) {
  const [expected, conversion] = KINDS[kind];
  const converted = conversion(value);
  if (converted === undefined) {
    throw new TypeError(`bind @${name}: expected ${expected}, found ${describe(value)}`);
  }
  return converted;
}

function kindOf(value) {
  if (Array.isArray(value)) {
    const kinds = [...new Set(value.map(kindOf))].sort();
    // A list of whole and other numbers is one of doubles.
    const kind = kinds.join() === "float64,int64" ? "float64" : kinds.length === 1 && kinds[0];
    return kind ? `${kind}[]` : undefined;
  }
  switch (typeof value) {
    case "boolean":
      return "boolean";
    case "bigint":
      return "int64";
    case "number":
      return Number.isSafeInteger(value) ? "int64" : "float64";
    case "string":
      return "text";
    default:
      return ["bytes", "date", "datetime", "timestamp"].find((kind) => KINDS[kind][1](value) !== undefined);
  }
}

function unclear(value) {
  if (value === null) {
    return 'null needs its kind, as in bind("name", null, "text")';
  }
  if (Array.isArray(value)) {
    return value.length === 0
      ? 'an empty list needs its kind, as in bind("names", [], "text[]")'
      : "a list holds values of one kind: whole numbers, numbers, texts, days or timestamps";
  }
  return `expected true or false, a number, text, a Day, a DateTime, a Timestamp, bytes or a list, found ${describe(value)}`;
}

function describe(value) {
  return typeof value === "object" && value !== null ? (value.constructor?.name ?? "an object") : String(value);
}

function int64(value) {
  if (typeof value !== "bigint" && !Number.isSafeInteger(value)) {
    return undefined;
  }
  const whole = BigInt(value);
  return whole >= SMALLEST && whole <= LARGEST ? whole : undefined;
}

function float64(value) {
  return typeof value === "number" && !Number.isNaN(value) ? value : undefined;
}

function decimal(value) {
  const isPlain = typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) && value.replace(/\D/g, "").length <= 76;
  return isPlain ? value : undefined;
}
