// In place of `assay:query/query@1.0.0`.

import { host } from "./host.js";

const DISPOSE = Symbol.dispose ?? Symbol.for("dispose");

export function open(source, sql, params) {
  host.asked.push({ source, sql, params });
  const answer = host.answers.shift();
  if (answer === undefined || answer instanceof Error) {
    throw answer ?? new Error("the test has no answer for this query");
  }
  const left = [...answer.batches];
  return {
    columns: () => answer.columns,
    next() {
      const batch = left.shift();
      if (batch instanceof Error) {
        throw batch;
      }
      return batch;
    },
    [DISPOSE]() {
      host.disposed += 1;
    },
  };
}
