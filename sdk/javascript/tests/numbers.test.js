import assert from "node:assert/strict";
import { test } from "node:test";

import { Baseline, CouldNotSay, Thresholds } from "assay";

test("a number at a limit is fine", () => {
  const below = new Thresholds({ warn: 80, fail: 50, direction: "below" });
  assert.deepEqual(
    [81, 80, 79.9, 50, 49.9, -Infinity, 50n, 49n].map((n) => below.judge(n)),
    ["fine", "fine", "warn", "warn", "fail", "fail", "warn", "fail"],
  );
  const above = new Thresholds({ warn: 1, fail: 5, direction: "above" });
  assert.deepEqual(
    [0, 1, 1.1, 5, 5.1, Infinity].map((n) => above.judge(n)),
    ["fine", "fine", "warn", "warn", "fail", "fail"],
  );
});

test("NaN is never fine", () => {
  const limits = new Thresholds({ warn: 1, fail: 1, direction: "above" });
  for (const value of [NaN, undefined, null, "3"]) {
    assert.throws(() => limits.judge(value), CouldNotSay);
  }
});

test("fail lies beyond warn", () => {
  assert.throws(() => new Thresholds({ warn: 1, fail: 2, direction: "below" }), /fail: expected at most `warn`/);
  assert.throws(() => new Thresholds({ warn: 2, fail: 1, direction: "above" }), /fail: expected at least `warn`/);
  assert.throws(() => new Thresholds({ warn: 2, fail: NaN, direction: "above" }), /fail: expected a number, found NaN/);
  assert.throws(() => new Thresholds({ warn: 2, fail: 3 }), /direction: expected "below" or "above", found undefined/);
});

test("a baseline knows what was usual", () => {
  const baseline = Baseline.of([1, 2n, 3, 4, 100], { atLeast: 5 });
  assert.deepEqual([baseline.count, baseline.median, baseline.mad, baseline.mean], [5, 3, 1, 22]);
  assert.equal(baseline.standardDeviation.toFixed(4), "43.6177");
  assert.equal(baseline.deviation(5), 1.349);
  assert.equal(baseline.deviation(3), 0);
  assert.equal(baseline.changePercent(6), 100);
  assert.equal(baseline.changePercent(0), -100);
  assert.equal(Baseline.of([4, 1, 3, 2], { atLeast: 1 }).median, 2.5);
  assert.equal(Baseline.of([7], { atLeast: 1 }).standardDeviation, 0);
});

test("where all was the same, anything else is infinitely far", () => {
  const same = Baseline.of([5, 5, 5], { atLeast: 3 });
  assert.deepEqual(
    [5, 6, 4].map((value) => same.deviation(value)),
    [0, Infinity, -Infinity],
  );
});

test("too little history is not a baseline", () => {
  assert.throws(() => Baseline.of([1, 2], { atLeast: 3 }), {
    name: "CouldNotSay",
    message: "not enough history: 2 values where at least 3 are needed",
  });
  for (const value of [NaN, Infinity, null, "1"]) {
    assert.throws(() => Baseline.of([1, value], { atLeast: 1 }), /not a finite number/);
    assert.throws(() => Baseline.of([1], { atLeast: 1 }).deviation(value), CouldNotSay);
  }
  assert.throws(() => Baseline.of([1]), /say how many values are enough/);
  assert.throws(() => Baseline.of([], { atLeast: 0 }), TypeError);
  assert.throws(() => Baseline.of([0, 0, 5], { atLeast: 1 }).changePercent(1), /the median of the baseline is 0/);
});
