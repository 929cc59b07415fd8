import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Day, Finding, log, metric } from "assay";

import { freeze } from "../frozen.js";
import { hear } from "../log.js";
import { host, reset } from "./fake/host.js";

beforeEach(reset);

/** Bytes as the host counts them. */
function weigh(finding) {
  const size = (text) => (text === undefined ? 0 : Buffer.byteLength(text));
  const measure = (given) => (given === undefined ? 0 : given.tag === "number" ? 8 : size(given.val));
  const texts = [finding.code, finding.message, ...Object.values(finding.subject), finding.unit, finding.remediation];
  return (
    texts.reduce((sum, text) => sum + size(text), 0) +
    measure(finding.observed) +
    measure(finding.expected) +
    finding.samples
      .flat()
      .reduce((sum, { name, value }) => sum + 16 + size(name) + size(value), 16 * finding.samples.length) +
    finding.attributes.reduce((sum, { key, value }) => sum + 16 + size(key) + size(value), 0)
  );
}

test("nothing is said until report", () => {
  const finding = new Finding("few_rows", "3 rows", { table: "t" });
  const further = finding.with({
    date: Day.of(0),
    severity: "low",
    observed: 3,
    expected: "many",
    unit: "rows",
    affected: 7,
  });
  assert.deepEqual(host.findings, []);
  assert.equal(further.report(), true);
  assert.deepEqual(host.findings, [
    {
      code: "few_rows",
      severity: "low",
      message: "3 rows",
      subject: { source: undefined, table: "t", column: undefined, date: "1970-01-01", partition: undefined },
      observed: { tag: "number", val: 3 },
      expected: { tag: "text", val: "many" },
      unit: "rows",
      affected: 7n,
      samples: [],
      remediation: undefined,
      attributes: [],
    },
  ]);
  host.kept = 0;
  assert.equal(finding.report(), false, "the host did not keep it");
});

test("samples show any value, and null as none", () => {
  const row = { a: null, b: 5n, c: Day.of(0), d: Uint8Array.of(1, 255), e: [1], f: NaN, g: "", h: undefined, i: true };
  new Finding("c", "m", { samples: [row], attributes: { day: Day.of(1) } }).report();
  assert.deepEqual(
    host.findings[0].samples[0].map(({ value }) => value),
    [undefined, "5", "1970-01-01", "01ff", "[1]", "NaN", "", undefined, "true"],
  );
  assert.deepEqual(host.findings[0].attributes, [{ key: "day", value: "1970-01-02" }]);
});

test("what is not a finite number is told as text", () => {
  new Finding("c", "m", { observed: NaN, expected: 2n ** 60n }).report();
  assert.deepEqual(host.findings[0].observed, { tag: "text", val: "NaN" });
  assert.deepEqual(host.findings[0].expected, { tag: "number", val: 2 ** 60 });
});

test("a finding stays under what the host keeps", () => {
  const long = "é".repeat(5000);
  const samples = Array.from({ length: 100 }, (_, index) => ({ key: `${index}`, value: long }));
  const texts = { source: "s", table: "t", column: long, partition: long, unit: long, remediation: long };
  new Finding("c", long, { ...texts, observed: long, expected: long, samples, attributes: { a: long } }).report();
  const [finding] = host.findings;
  assert.ok(weigh(finding) <= 4096, `${weigh(finding)} bytes`);
  assert.ok(finding.samples.length >= 1, "there is room for samples still");
  for (const text of [finding.message, finding.remediation, finding.samples[0][1].value, finding.attributes[0].value]) {
    assert.match(text, /^é+…$/);
  }
  new Finding("c", "m", { samples }).report();
  assert.ok(weigh(host.findings[1]) <= 4096 && weigh(host.findings[1]) > 3700);
});

test("a text is not cut in the middle of a character", () => {
  new Finding("c", "m", { samples: [{ v: "😀".repeat(31) }, { v: "😀".repeat(30) }] }).report();
  const [[{ value }], [whole]] = host.findings[0].samples;
  assert.equal(value, `${"😀".repeat(29)}…`);
  assert.equal(whole.value, "😀".repeat(30));
});

test("a mistake in a finding is told with its code", () => {
  for (const [options, message] of [
    [{ sevrity: "low" }, /Finding `few`: unknown option `sevrity`, expected one of severity, source/],
    [{ severity: "P1" }, /severity: expected one of critical, high, medium, low, found P1/],
    [{ date: "2026-01-30" }, /date: expected a Day, found 2026-01-30/],
    [{ table: 5 }, /table: expected text, found 5/],
    [{ samples: {} }, /samples: expected a list of rows/],
  ]) {
    assert.throws(() => new Finding("few", "m", options), { name: "TypeError", message });
  }
  for (const affected of [-1, 1.5, NaN, -1n, "3"]) {
    assert.throws(
      () => new Finding("few", "m", { affected }).report(),
      /affected: expected a whole number of at least 0/,
    );
  }
  assert.throws(
    () => new Finding("few", "m", { observed: null }).report(),
    /observed: expected a number or text, found null/,
  );
  assert.throws(() => new Finding("Few", "m"), /expected a code in snake_case, found Few/);
  assert.throws(() => new Finding("few", ""), /expected a message for a person/);
});

test("metrics are numbers", () => {
  metric("rows", 5n, "rows", { table: "t" });
  metric("share", 0.5);
  assert.deepEqual(host.metrics, [
    { name: "rows", value: 5, unit: "rows", attributes: [{ key: "table", value: "t" }] },
    { name: "share", value: 0.5, unit: undefined, attributes: [] },
  ]);
  assert.throws(() => metric("rows", NaN), { name: "CouldNotSay", message: "metric `rows` is NaN" });
  assert.throws(() => metric("rows", "5"), TypeError);
});

test("lines go to the run's log, those for a console too", () => {
  const console = {};
  hear(console);
  log.warn("odd");
  console.log("n", 5n, { a: [1n] }, Day.of(0), null, new Error("no"));
  console.error("bad");
  assert.deepEqual(host.logs, [
    { level: "warn", message: "odd" },
    { level: "info", message: 'n 5 {"a":["1"]} 1970-01-01 null Error: no' },
    { level: "error", message: "bad" },
  ]);
});

test("there is no clock, no random and no timer", () => {
  const globals = { Date, Math: Object.create(Math), performance: { now: () => 1 }, crypto: { randomUUID: () => "" } };
  freeze(globals);
  for (const [use, message] of [
    [() => globals.Date.now(), /no clock: take the day from `context.targetDate`/],
    [() => new globals.Date(), /no clock/],
    [() => globals.performance.now(), /no clock/],
    [() => globals.Math.random(), /no random: sample with `context.seed`/],
    [() => globals.crypto.randomUUID(), /no random/],
    [() => globals.setTimeout(() => {}, 1), /no timer/],
  ]) {
    assert.throws(use, { name: "TypeError", message });
  }
  assert.equal(new globals.Date(0).toISOString(), "1970-01-01T00:00:00.000Z");
});
