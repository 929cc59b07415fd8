import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Day } from "assay";

import * as template from "../template/check.js";
import { component } from "./fake/component.js";
import { answer, host, reset } from "./fake/host.js";

beforeEach(reset);

const check = component(template);
const day = (text) => Day.parse(`2026-01-${text}`).days;

/** An answer of row counts by day of January 2026. */
function counts(byDay) {
  answer({ day: ["date", Object.keys(byDay).map((text) => day(text.slice(1)))], n: ["int64", Object.values(byDay)] });
}

test("enough rows on every day are a pass", () => {
  counts({ d28: 80, d29: 81, d30: 100 });
  assert.deepEqual(check.run({ table: "ds.events", lookback_days: 3 }), {
    outcome: "pass",
    summary: "all 3 days have their rows",
    examined: 261n,
  });
  assert.deepEqual(host.metrics, [{ name: "rows", value: 261, unit: "rows", attributes: [] }]);
  assert.deepEqual(host.asked, [
    {
      source: "local",
      sql:
        "SELECT CAST(`day` AS DATE) AS day, COUNT(*) AS n FROM `ds`.`events` " +
        "WHERE CAST(`day` AS DATE) BETWEEN @start AND @end GROUP BY 1 ORDER BY 1",
      params: [
        { name: "start", value: { tag: "date", val: 20481 } },
        { name: "end", value: { tag: "date", val: 20483 } },
      ],
    },
  ]);
  assert.deepEqual(host.findings, []);
});

test("missing days are one span to backfill, and few rows a day of their own", () => {
  counts({ d24: 80, d25: 79, d28: 49, d29: 50, d30: 0 });
  const verdict = check.run({ table: "events" });
  assert.deepEqual(verdict, {
    outcome: "fail",
    summary: "4 of 7 days are wrong: 2026-01-26..2026-01-28, 2026-01-30",
    examined: 258n,
  });
  const told = host.findings.map(({ code, severity, subject, observed, expected, unit, affected, remediation }) => [
    code,
    severity,
    subject.date,
    observed.val,
    expected.val,
    unit,
    affected,
    remediation,
  ]);
  assert.deepEqual(told, [
    ["few_rows", "low", "2026-01-25", 79, 80, "rows", 1n, undefined],
    ["missing_day", undefined, "2026-01-26", 0, 80, "rows", 80n, "backfill 2026-01-26..2026-01-27"],
    ["missing_day", undefined, "2026-01-27", 0, 80, "rows", 80n, "backfill 2026-01-26..2026-01-27"],
    ["too_few_rows", undefined, "2026-01-28", 49, 80, "rows", 31n, "backfill 2026-01-28"],
    ["few_rows", "low", "2026-01-29", 50, 80, "rows", 30n, undefined],
    ["missing_day", undefined, "2026-01-30", 0, 80, "rows", 80n, "backfill 2026-01-30"],
  ]);
});

test("few rows alone are a warning", () => {
  counts({ d29: 60.0, d30: 80 });
  assert.deepEqual(check.run({ table: "events", lookback_days: 2, warn_below: 80.5 }), {
    outcome: "warn",
    summary: "2 of 2 days are short: 2026-01-29..2026-01-30",
    examined: 140n,
  });
  assert.deepEqual(
    host.findings.map(({ affected }) => affected),
    [21n, 1n],
  );
});

test("an answer that cannot be is an error", () => {
  answer({ day: ["date", [day("30"), day("30")]], n: ["int64", [80, 80]] });
  assert.deepEqual(check.run({ table: "events" }), { error: "the query returned 2026-01-30 twice" });
  counts({ d23: 80 });
  assert.deepEqual(check.run({ table: "events" }), { error: "the query returned 2026-01-23, which was not asked for" });
  counts({ d31: 80 });
  assert.deepEqual(check.run({ table: "events" }), { error: "the query returned 2026-01-31, which was not asked for" });
  answer({ day: ["date", [null]], n: ["int64", [1]] });
  assert.deepEqual(check.run({ table: "events" }), { error: "column `day` holds null where a date was expected" });
  assert.deepEqual(host.findings, []);
});

test("its settings have their ranges", () => {
  const place = (settings) => check.validate({ table: "events", ...settings });
  assert.deepEqual(place({}), []);
  assert.deepEqual(place({ lookback_days: 400, warn_below: 0, fail_below: 0 }), []);
  assert.deepEqual(place({ fail_below: 81 }), [{ path: "/fail_below", message: "expected at most `warn_below`" }]);
  assert.deepEqual(place({ lookback_days: 0 }), [
    { path: "/lookback_days", message: "expected a whole number from 1 to 400, found 0" },
  ]);
  assert.equal(place({ lookback_days: 401 })[0].path, "/lookback_days");
  assert.equal(place({ warn_below: -1 })[0].path, "/warn_below");
  assert.equal(place({ date_column: "a`b" })[0].path, "/date_column");
  assert.deepEqual(check.validate({}), [{ path: "", message: "missing setting `table`" }]);
});
