// Lines for the run's log.

import { log as write } from "assay:report/report@1.0.0";

/** Lines for the run's log; at most 1,000 of 2 KiB are kept. */
export const log = {
  /** For the author. */
  debug: (message) => write("debug", String(message)),
  /** Progress. */
  info: (message) => write("info", String(message)),
  /** Something odd. */
  warn: (message) => write("warn", String(message)),
  /** Something wrong. */
  error: (message) => write("error", String(message)),
};

const CONSOLE = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error" };

/**
 * Sends what is said to a console to the run's log; there is nobody else to hear it.
 *
 * @param {Console} console
 */
export function hear(console) {
  for (const [name, level] of Object.entries(CONSOLE)) {
    console[name] = (...given) => log[level](given.map(line).join(" "));
  }
}

function line(value) {
  return isPlain(value)
    ? JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}` : inner))
    : String(value);
}

/** Whether a value has no text of its own. */
function isPlain(value) {
  const isObject = typeof value === "object" && value !== null;
  return (
    isObject && (Array.isArray(value) || value.toString === undefined || value.toString === Object.prototype.toString)
  );
}
