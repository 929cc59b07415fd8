// The exports of a check as the host sees them: over the contract's records.

import { exportsOf } from "../../definition.js";

const MANIFEST = {
  id: "some-check",
  version: "1.2.3",
  title: "Some",
  description: "Some check.",
  owner: "somebody",
  limits: { memory: 33554432, queries: 2 },
};

/** 2026-01-30, a run of one granted source. */
export const CONTEXT = {
  runId: "r",
  check: "c",
  attempt: 1,
  scheduledMicros: 1_769_812_200_000_000n,
  targetDate: 20483,
  windowStartMicros: 1_769_727_600_000_000n,
  windowEndMicros: 1_769_814_000_000_000n,
  timeZone: "Europe/Berlin",
  utcOffsetSeconds: 3600,
  seed: 7n,
  dryRun: false,
  sources: ["local"],
};

/** The exports; `run` and `validate` take settings as an object, and what `run` throws as an error is in `error`. */
export function component(author, manifest = MANIFEST) {
  const { describe, validate, run } = exportsOf(author, manifest);
  return {
    describe,
    validate: (settings) => validate(JSON.stringify(settings)),
    run(settings, context = {}) {
      try {
        return run({ ...CONTEXT, ...context }, JSON.stringify(settings));
      } catch (error) {
        // As the generated bindings: what has a payload is the contract's error, anything else traps.
        return error.payload === undefined ? { trapped: error.message } : { error: error.payload };
      }
    },
  };
}
