import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import * as example from "../../../examples/javascript/allowed-values/check.js";
import { component } from "./fake/component.js";
import { answer, host, refuse, reset } from "./fake/host.js";

beforeEach(reset);

const check = component(example);
const settings = { table: "ds.orders", column: "status", values: ["open", "paid"] };
const counts = (n_rows, n_nulls, n_others) =>
  answer({ n_rows: ["int64", [n_rows]], n_nulls: ["int64", [n_nulls]], n_others: ["int64", [n_others]] });

test("allowed values pass", () => {
  counts(5, 0, 0);
  assert.deepEqual(check.run(settings), { outcome: "pass", summary: "5 values of `status` are allowed", examined: 5n });
  assert.deepEqual(host.asked[0].params, [{ name: "values", value: { tag: "text-array", val: ["open", "paid"] } }]);
  counts(5, 2, 0);
  assert.equal(check.run({ ...settings, allow_null: true }).outcome, "pass");
});

test("other values fail, and the most frequent are shown", () => {
  counts(9, 1, 3);
  answer({ value: ["text", ["x".repeat(81), null, ""]], n_rows: ["int64", [2, 1, 1]] });
  const summary = "4 of 9 values of `status` are not allowed";
  assert.deepEqual(check.run(settings), { outcome: "fail", summary, examined: 9n });
  const [finding] = host.findings;
  assert.deepEqual(
    [finding.code, finding.message, finding.observed.val, finding.expected.val, finding.unit, finding.affected],
    ["value_not_allowed", summary, 4, 0, "rows", 4n],
  );
  assert.deepEqual(finding.subject, {
    source: "local",
    table: "ds.orders",
    column: "status",
    date: undefined,
    partition: undefined,
  });
  assert.deepEqual(finding.samples, [
    [
      { name: "status", value: `${"x".repeat(80)}…` },
      { name: "row count", value: "2" },
    ],
    [
      { name: "status", value: undefined },
      { name: "row count", value: "1" },
    ],
    [
      { name: "status", value: "" },
      { name: "row count", value: "1" },
    ],
  ]);
  assert.deepEqual(finding.attributes, [{ key: "allowed", value: "open, paid" }]);
});

test("nothing to look at, or not allowed to look, is an error", () => {
  counts(0, 0, 0);
  assert.deepEqual(check.run(settings), { error: "`ds.orders` has no rows: there is nothing to look at" });
  counts(3, 3, 0);
  assert.deepEqual(check.run({ ...settings, allow_null: true }), {
    error: "all 3 values of `status` are null: there is nothing to look at",
  });
  refuse({ code: "denied", message: "not granted" });
  assert.deepEqual(check.run(settings), { error: "not granted" });
});

test("its settings have their rules", () => {
  const problems = (more) => check.validate({ ...settings, ...more }).map(({ path }) => path);
  assert.deepEqual(problems({}), []);
  assert.deepEqual(problems({ values: [] }), ["/values"]);
  assert.deepEqual(problems({ values: Array.from({ length: 1001 }, (_, index) => `${index}`) }), ["/values"]);
  assert.deepEqual(problems({ values: ["a", 5, "a"] }), ["/values/1", "/values/2"]);
  assert.deepEqual(problems({ table: "a`b", colunm: "c", allow_null: 1 }), ["/colunm", "/table", "/allow_null"]);
});
