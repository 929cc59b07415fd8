// Numbers for trends.

import { metric as write } from "assay:report/report@1.0.0";

import { CouldNotSay } from "./error.js";

/**
 * A number for trends; not a finding. At most 100 a run are kept.
 *
 * @param {string} name
 * @param {number | bigint} value
 * @param {string} [unit] for example `rows`
 * @param {Record<string, string>} [attributes]
 */
export function metric(name, value, unit, attributes = {}) {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number") {
    throw new TypeError(`metric \`${name}\`: expected a number, found ${typeof value}`);
  }
  if (!Number.isFinite(number)) {
    throw new CouldNotSay(`metric \`${name}\` is ${number}`);
  }
  const details = Object.entries(attributes).map(([key, detail]) => ({ key, value: String(detail) }));
  write(name, number, unit, details);
}
