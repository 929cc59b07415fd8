// Saying what was seen.

import { findings } from "assay:report/report@1.0.0";

import { shown } from "./cell.js";
import { Day } from "./day.js";
import { cut, bytes } from "./cut.js";
import { whole } from "./whole.js";

/** What the host keeps of one finding, in bytes. */
const FINDING_BYTES_MAX = 4096;
/** What a row, a cell and an attribute weigh in themselves. */
const PART_BYTES = 16;
/** Most bytes of one value of a sample. */
const CELL_BYTES_MAX = 120;
/** Most bytes of the other texts: together they leave room for samples. */
const TEXT_BYTES_MAX = { message: 1024, remediation: 512, measure: 256, name: 256, attribute: 256 };

const SEVERITIES = ["critical", "high", "medium", "low"];
const OPTIONS = [
  "severity",
  "source",
  "table",
  "column",
  "date",
  "partition",
  "observed",
  "expected",
  "unit",
  "affected",
  "samples",
  "remediation",
  "attributes",
];

/** One observation that is not as it should be. Nothing is said until `report`. */
export class Finding {
  #code;
  #message;
  #options;

  /**
   * @param {string} code stable and machine-readable, in snake_case
   * @param {string} message one sentence for a person
   * @param {object} [options] see index.d.ts; undefined says nothing
   */
  constructor(code, message, options = {}) {
    if (typeof code !== "string" || !/^[a-z][a-z0-9_]*$/.test(code)) {
      throw new TypeError(`Finding: expected a code in snake_case, found ${String(code)}`);
    }
    const wrong = (what) => new TypeError(`Finding \`${code}\`: ${what}`);
    if (typeof message !== "string" || message === "") {
      throw wrong("expected a message for a person");
    }
    const unknown = Object.keys(options).find((option) => !OPTIONS.includes(option));
    if (unknown !== undefined) {
      throw wrong(`unknown option \`${unknown}\`, expected one of ${OPTIONS.join(", ")}`);
    }
    const { severity, date, samples = [] } = options;
    if (severity !== undefined && !SEVERITIES.includes(severity)) {
      throw wrong(`severity: expected one of ${SEVERITIES.join(", ")}, found ${String(severity)}`);
    }
    if (date !== undefined && !(date instanceof Day)) {
      throw wrong(`date: expected a Day, found ${String(date)}`);
    }
    for (const name of ["source", "table", "column", "partition", "unit", "remediation"]) {
      if (options[name] !== undefined && typeof options[name] !== "string") {
        throw wrong(`${name}: expected text, found ${String(options[name])}`);
      }
    }
    if (!Array.isArray(samples)) {
      throw wrong("samples: expected a list of rows");
    }
    this.#code = code;
    this.#message = message;
    this.#options = options;
  }

  /** The finding with further or other options. */
  with(options) {
    return new Finding(this.#code, this.#message, { ...this.#options, ...options });
  }

  /**
   * Says it. What was said is kept, whatever happens to the check afterwards.
   *
   * @returns {boolean} whether the host kept it; over the run's limits it marks the result as truncated instead
   */
  report() {
    return findings([this.#record()]) === 1;
  }

  #record() {
    const { severity, source, table, column, date, partition, observed, expected } = this.#options;
    const { unit, affected, samples = [], remediation, attributes = {} } = this.#options;
    const name = (text) => text && cut(text, TEXT_BYTES_MAX.name);
    const finding = {
      code: this.#code,
      severity,
      message: cut(this.#message, TEXT_BYTES_MAX.message),
      subject: { source, table, column: name(column), date: date && `${date}`, partition: name(partition) },
      observed: measure(observed, `Finding \`${this.#code}\`: observed`),
      expected: measure(expected, `Finding \`${this.#code}\`: expected`),
      unit: name(unit),
      affected: affected === undefined ? undefined : whole(affected, `Finding \`${this.#code}\`: affected`),
      samples: [],
      remediation: remediation && cut(remediation, TEXT_BYTES_MAX.remediation),
      attributes: Object.entries(attributes).map(([key, value]) => ({
        key,
        value: cut(shown(value) ?? "null", TEXT_BYTES_MAX.attribute),
      })),
    };
    // Rows that would make the finding too large to be kept are left out: one without them is worth more than none.
    let room = FINDING_BYTES_MAX - weight(finding);
    for (const row of samples.map(cells)) {
      room -= rowWeight(row);
      if (room < 0) {
        break;
      }
      finding.samples.push(row);
    }
    return finding;
  }
}

function measure(value, what) {
  switch (typeof value) {
    case "undefined":
      return undefined;
    case "bigint":
      return { tag: "number", val: Number(value) };
    case "number":
      // Not every reader of a result knows NaN and infinities as numbers.
      return Number.isFinite(value) ? { tag: "number", val: value } : { tag: "text", val: String(value) };
    default: {
      const text = shown(value);
      if (text === undefined) {
        throw new TypeError(`${what}: expected a number or text, found ${String(value)}`);
      }
      return { tag: "text", val: cut(text, TEXT_BYTES_MAX.measure) };
    }
  }
}

function cells(row) {
  return Object.entries(row).map(([name, value]) => {
    const text = shown(value);
    return { name: cut(name, CELL_BYTES_MAX), value: text === undefined ? undefined : cut(text, CELL_BYTES_MAX) };
  });
}

/** Bytes of a finding without its samples, as the host counts them. */
function weight({ code, message, subject, observed, expected, unit, remediation, attributes }) {
  const texts = [code, message, ...Object.values(subject), unit, remediation].filter((text) => text !== undefined);
  const measures = [observed, expected].filter((measure) => measure !== undefined);
  return (
    texts.reduce((sum, text) => sum + bytes(text), 0) +
    measures.reduce((sum, { tag, val }) => sum + (tag === "text" ? bytes(val) : 8), 0) +
    attributes.reduce((sum, { key, value }) => sum + PART_BYTES + bytes(key) + bytes(value), 0)
  );
}

function rowWeight(row) {
  const cell = ({ name, value }) => PART_BYTES + bytes(name) + (value === undefined ? 0 : bytes(value));
  return row.reduce((sum, each) => sum + cell(each), PART_BYTES);
}
