import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Context, CouldNotSay, Verdict, check, integer, problem, query, table } from "assay";

import { exportsOf } from "../definition.js";
import { CONTEXT, component } from "./fake/component.js";
import { host, refuse, reset } from "./fake/host.js";

beforeEach(reset);

const settings = {
  table: table("The table."),
  low: integer("Low.", { default: 1 }),
  high: integer("High.", { default: 5 }),
};
const running = (run, more = {}) => component({ default: check({ settings, run, ...more }) });

test("a check describes itself by its manifest and its settings", () => {
  const described = running(() => {}).describe();
  const { settingsSchema, ...others } = described;
  assert.deepEqual(others, {
    id: "some-check",
    version: "1.2.3",
    title: "Some",
    description: "Some check.",
    owner: "somebody",
    limits: [
      { name: "memory", value: 33554432n },
      { name: "queries", value: 2n },
    ],
  });
  const schema = JSON.parse(settingsSchema);
  assert.deepEqual(
    [schema.$schema, schema.title, Object.keys(schema.properties), schema.required],
    ["https://json-schema.org/draft/2020-12/schema", "Settings of some-check", ["table", "low", "high"], ["table"]],
  );
});

test("a run gets what it may know, and its verdict is the contract's", () => {
  const made = running((context, settings) => {
    assert.ok(context instanceof Context);
    assert.equal(`${context.targetDate} ${context.scheduledFor}`, "2026-01-30 2026-01-30T22:30:00Z");
    assert.equal(`${context.windowStart} ${context.windowEnd}`, "2026-01-29T23:00:00Z 2026-01-30T23:00:00Z");
    assert.deepEqual([context.runId, context.check, context.attempt, context.timeZone], ["r", "c", 1, "Europe/Berlin"]);
    assert.deepEqual(
      [context.utcOffsetSeconds, context.seed, context.dryRun, context.sources],
      [3600, 7n, false, ["local"]],
    );
    assert.equal([...context.lastDays(3)].join(), "2026-01-28,2026-01-29,2026-01-30");
    assert.throws(() => context.lastDays(0), /at least 1, found 0/);
    return Verdict.pass(`${settings.table} ${settings.low}`, 3);
  });
  assert.deepEqual(made.run({ table: "t" }), { outcome: "pass", summary: "t 1", examined: 3n });
  assert.deepEqual(host.aborting, []);
});

test("every verdict has its outcome, and a pass the rows it rests on", () => {
  for (const [verdict, expected] of [
    [Verdict.pass("fine", 0), { outcome: "pass", summary: "fine", examined: 0n }],
    [Verdict.warn("hm"), { outcome: "warn", summary: "hm", examined: undefined }],
    [Verdict.fail("bad", 5n), { outcome: "fail", summary: "bad", examined: 5n }],
    [Verdict.skip("closed on Sundays"), { outcome: "skip", summary: "closed on Sundays", examined: undefined }],
  ]) {
    assert.deepEqual(running(() => verdict).run({ table: "t" }), expected);
  }
  assert.throws(() => Verdict.pass("fine"), /say how many rows it rests on/);
  assert.throws(() => Verdict.pass("fine", -1), /the rows examined: expected a whole number of at least 0, found -1/);
  assert.throws(() => Verdict.fail("bad", NaN), /found NaN/);
  assert.throws(() => Verdict.fail(""), /Verdict.fail: expected a sentence/);
});

test("the source is the one named, or the only one", () => {
  const context = (sources) => new Context({ ...CONTEXT, sources });
  assert.equal(context(["a", "b"]).source("b"), "b");
  assert.equal(context(["a"]).source(), "a");
  for (const sources of [[], ["a", "b"]]) {
    assert.throws(() => context(sources).source(), {
      name: "CouldNotSay",
      message: `name a source in the settings: ${sources.length} are granted`,
    });
  }
});

test("problems of settings are told, those of the check's own too", () => {
  const made = running(() => Verdict.pass("fine", 1), {
    validate: ({ low, high }) => (low > high ? [problem("/low", "expected at most `high`")] : []),
  });
  assert.deepEqual(made.validate({ table: "t" }), []);
  assert.deepEqual(made.validate({ table: "t", low: 6 }), [{ path: "/low", message: "expected at most `high`" }]);
  assert.deepEqual(made.validate({ low: "6" }), [
    { path: "", message: "missing setting `table`" },
    { path: "/low", message: 'expected a whole number, found "6"' },
  ]);
  assert.deepEqual(made.run({ table: "t", low: 6 }), { error: "bad settings: /low: expected at most `high`" });
  assert.deepEqual(made.run({}), { error: "bad settings: document: missing setting `table`" });
  const wrong = running(() => {}, { validate: () => "bad" });
  assert.throws(() => wrong.validate({ table: "t" }), /told/);
  assert.match(host.aborting[0], /^TypeError: validate: return a list, empty or of problem/);
});

test("could not say is an error with its words", () => {
  const made = running(() => {
    throw new CouldNotSay("there is nothing to look at");
  });
  assert.deepEqual(made.run({ table: "t" }), { error: "there is nothing to look at" });
  refuse({ code: "denied", message: "table `t` is not granted" });
  assert.deepEqual(running(() => [...query("s", "q").rows()]).run({ table: "t" }), {
    error: "table `t` is not granted",
  });
  assert.deepEqual(host.aborting, []);
});

test("anything else that is thrown is a trap with its words", () => {
  for (const [run, text] of [
    [
      function nobody() {
        return undefined.length;
      },
      /^TypeError: .*undefined.*\n[^]*nobody/,
    ],
    [
      () => {
        throw "a text";
      },
      /^a text\n$/,
    ],
    [
      () => {
        throw { payload: "not of the contract" };
      },
      /^\[object Object\]\n$/,
    ],
    [
      () => {
        throw null;
      },
      /^null\n$/,
    ],
    [
      () => {
        throw Object.create(null);
      },
      /has no text/,
    ],
    [() => true, /run: return a verdict, as in Verdict.pass\("all is well", rows\); it returned boolean/],
    [() => {}, /it returned undefined/],
    [() => ({ outcome: "pass", summary: "x" }), /it returned object/],
    [async () => Verdict.pass("fine", 1), /run: must not be async/],
  ]) {
    reset();
    assert.deepEqual(running(run).run({ table: "t" }), { trapped: "told" });
    assert.equal(host.aborting.length, 1);
    assert.match(host.aborting[0], text);
  }
});

test("a module without a check is the author's mistake", () => {
  assert.throws(() => exportsOf({ default: undefined }, {}), {
    name: "TypeError",
    message: "check.js: write `export default check({ … })`; it has no default export",
  });
  assert.throws(() => exportsOf({ default: { run() {} } }, {}), /its default export is something else/);
});
