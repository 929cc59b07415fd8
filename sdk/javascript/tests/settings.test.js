import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Day,
  boolean,
  check,
  choice,
  column,
  date,
  integer,
  list,
  number,
  object,
  problem,
  source,
  table,
  text,
  thresholds,
} from "assay";

import { fieldsSchema, readDocument } from "../settings.js";

const FIELDS = {
  source: source(),
  table: table("The table."),
  columns: list("Columns.", column("A column."), { minItems: 1, maxItems: 2, uniqueItems: true }),
  percent: number("Percent.", { minimum: 0, maximum: 100, default: 5 }),
  share: number("Share.", { exclusiveMinimum: 0, exclusiveMaximum: 1, optional: true }),
  days: integer("Days.", { minimum: 1, default: 7 }),
  strict: boolean("Strict.", { default: false }),
  mode: choice("Mode.", ["rows", "keys"], { default: "rows" }),
  note: text("Note.", { maxLength: 3, pattern: "^[a-z]*$", optional: true }),
  since: date("Since.", { optional: true }),
  rules: list("Rules.", object("A rule.", { min: number("Least."), name: text("Name.", { optional: true }) }), {
    default: [],
  }),
  limits: thresholds("Limits.", { direction: "below", minimum: 0, default: { warn: 80, fail: 50 } }),
};

const read = (document) => readDocument(FIELDS, typeof document === "string" ? document : JSON.stringify(document));
const GOOD = { table: "t", columns: ["a"] };

test("what is left out has its default", () => {
  const { settings, problems } = read(GOOD);
  assert.deepEqual(problems, []);
  const { limits, ...others } = settings;
  assert.deepEqual(others, {
    source: undefined,
    table: "t",
    columns: ["a"],
    percent: 5,
    share: undefined,
    days: 7,
    strict: false,
    mode: "rows",
    note: undefined,
    since: undefined,
    rules: [],
  });
  assert.equal(limits.judge(60), "warn");
  assert.throws(() => {
    settings.days = 8;
  }, TypeError);
});

test("good values are kept, at the edges of their ranges too", () => {
  for (const [name, value, kept] of [
    ["percent", 0],
    ["percent", 100],
    ["share", 0.001],
    ["days", 1],
    ["days", 9007199254740991],
    ["note", ""],
    ["note", "abc"],
    ["columns", ["a", "b"]],
    ["mode", "keys"],
    ["strict", true],
    ["source", "local"],
    ["table", "my-project.ds.t"],
    ["table", "größe 2"],
    ["since", "2026-01-30", Day.parse("2026-01-30")],
    ["rules", [{ min: 1 }], [{ min: 1, name: undefined }]],
  ]) {
    const { settings, problems } = read({ ...GOOD, [name]: value });
    assert.deepEqual(problems, [], name);
    assert.deepEqual(settings[name], kept ?? value);
  }
});

test("every problem is told with its place", () => {
  for (const [document, path, message] of [
    ["not json", "", /^not JSON: /],
    ["[]", "", "expected an object, found a list"],
    ["null", "", "expected an object, found null"],
    [{ ...GOOD, percent: -0.1 }, "/percent", "expected a number from 0 to 100, found -0.1"],
    [{ ...GOOD, percent: 100.1 }, "/percent", "expected a number from 0 to 100, found 100.1"],
    [{ ...GOOD, percent: true }, "/percent", "expected a number from 0 to 100, found true"],
    [{ ...GOOD, percent: "5" }, "/percent", 'expected a number from 0 to 100, found "5"'],
    [{ ...GOOD, percent: NaN }, "/percent", "expected a number from 0 to 100, found null"],
    ['{"table":"t","columns":["a"],"percent":1e999}', "/percent", "expected a number from 0 to 100, found Infinity"],
    [{ ...GOOD, share: 0 }, "/share", "expected a number greater than 0 and less than 1, found 0"],
    [{ ...GOOD, share: 1 }, "/share", "expected a number greater than 0 and less than 1, found 1"],
    [{ ...GOOD, days: 0 }, "/days", "expected a whole number of at least 1, found 0"],
    [{ ...GOOD, days: 1.5 }, "/days", "expected a whole number of at least 1, found 1.5"],
    ['{"table":"t","columns":["a"],"days":9007199254740993}', "/days", /^expected a whole number/],
    [{ ...GOOD, strict: 1 }, "/strict", "expected true or false, found 1"],
    [{ ...GOOD, mode: "Rows" }, "/mode", 'expected one of "rows", "keys", found "Rows"'],
    [{ ...GOOD, note: "abcd" }, "/note", "expected text of at most 3 characters, found 4"],
    [{ ...GOOD, note: "A" }, "/note", 'expected text that matches ^[a-z]*$, found "A"'],
    [{ ...GOOD, note: null }, "/note", "expected text, found null"],
    [{ ...GOOD, source: "" }, "/source", 'expected the name of a source, found ""'],
    [{ ...GOOD, since: "2026-02-30" }, "/since", 'expected a day as 2026-01-30, found "2026-02-30"'],
    [{ ...GOOD, table: "a`; DROP" }, "/table", 'expected the name of a table, found "a`; DROP"'],
    [{ ...GOOD, table: "a..b" }, "/table", /the name of a table/],
    [{ ...GOOD, table: "{rows}" }, "/table", /the name of a table/],
    [{ ...GOOD, table: "a\nb" }, "/table", /the name of a table/],
    [{ ...GOOD, columns: ["a", "x\\"] }, "/columns/1", 'expected the name of a column, found "x\\\\"'],
    [{ ...GOOD, columns: [] }, "/columns", "expected a list of 1 to 2 values, found 0"],
    [{ ...GOOD, columns: ["a", "a"] }, "/columns/1", "stands in the list already"],
    [{ ...GOOD, columns: {} }, "/columns", "expected a list, found an object"],
    [{ ...GOOD, rules: [{ min: 1 }, { min: "x" }] }, "/rules/1/min", 'expected a number, found "x"'],
    [{ ...GOOD, rules: [{}] }, "/rules/0", "missing setting `min`"],
    [{ ...GOOD, rules: [{ min: 1, "a/b~": 1 }] }, "/rules/0/a~1b~0", "unknown setting, expected one of min, name"],
    [{ ...GOOD, limits: { warn: 1, fail: 2 } }, "/limits/fail", "expected at most `warn`"],
    [{ ...GOOD, limits: { warn: -1, fail: -1 } }, "/limits/warn", "expected a number of at least 0, found -1"],
    [{ ...GOOD, limits: { warn: 1 } }, "/limits", "missing setting `fail`"],
    ['{"table":"t","columns":["a"],"__proto__":{}}', "/__proto__", /^unknown setting/],
    [{ columns: ["a"] }, "", "missing setting `table`"],
    [{ ...GOOD, mode: "x".repeat(200) }, "/mode", /found "x{59}…$/],
  ]) {
    const found = read(document);
    assert.equal(found.settings, undefined);
    assert.equal(found.problems[0].path, path, JSON.stringify(found));
    const [{ message: told }] = found.problems;
    assert.ok(typeof message === "string" ? told === message : message.test(told), told);
  }
});

test("problems are told all at once", () => {
  const { problems } = read({ tabel: "t", columns: ["a", 5], percent: 101, limits: [] });
  assert.deepEqual(
    problems.map(({ path }) => path),
    ["/tabel", "", "/columns/1", "/percent", "/limits"],
  );
});

test("the direction of thresholds may be a setting", () => {
  const fields = { limits: thresholds("Limits.") };
  const limits = (document) => readDocument(fields, JSON.stringify({ limits: document }));
  assert.equal(limits({ warn: 1, fail: 2, direction: "above" }).settings.limits.judge(3), "fail");
  assert.deepEqual(limits({ warn: 2, fail: 1, direction: "above" }).problems, [
    { path: "/limits/fail", message: "expected at least `warn`" },
  ]);
  assert.deepEqual(limits({ warn: 2, fail: 1 }).problems, [
    { path: "/limits", message: "missing setting `direction`" },
  ]);
});

test("the schema says the same", () => {
  const schema = fieldsSchema(FIELDS);
  assert.deepEqual(schema.required, ["table", "columns"]);
  assert.equal(schema.additionalProperties, false);
  assert.deepEqual(schema.properties.percent, {
    type: "number",
    minimum: 0,
    maximum: 100,
    description: "Percent.",
    default: 5,
  });
  assert.deepEqual(schema.properties.mode, {
    type: "string",
    enum: ["rows", "keys"],
    description: "Mode.",
    default: "rows",
  });
  assert.deepEqual(schema.properties.since, { type: "string", format: "date", description: "Since." });
  assert.deepEqual(schema.properties.rules.items.properties.min, { type: "number", description: "Least." });
  assert.deepEqual(schema.properties.rules.items.required, ["min"]);
  assert.equal(schema.properties.columns.uniqueItems, true);
  assert.deepEqual(schema.properties.limits.default, { warn: 80, fail: 50 });
  const pattern = new RegExp(schema.properties.table.pattern, "u");
  assert.ok(pattern.test("a.b-c.d") && !pattern.test("a`b") && !pattern.test("a.") && !pattern.test(""));
  assert.ok(JSON.parse(JSON.stringify(schema)));
});

const mistake = (settings, message) =>
  assert.throws(
    () => check({ settings, run() {} }),
    (error) => error instanceof TypeError && error.message.includes(message),
    message,
  );

test("a mistake of the author names the field and what to write", () => {
  mistake(
    { n: number("N.", { minimum: 0, maximum: 100, default: 500 }) },
    "settings.n: default: expected a number from 0 to 100, found 500",
  );
  mistake({ n: number("N.", { minimum: 5, maximum: 1 }) }, "settings.n: no number can be from 5 to 1");
  mistake(
    { n: number("N.", { minimun: 5 }) },
    "settings.n: unknown option `minimun` of number(), expected one of optional, default, minimum",
  );
  mistake({ n: number("N.", { minimum: NaN }) }, "settings.n: minimum: expected a number, found NaN");
  mistake({ n: integer("N.", { minimum: 0.5 }) }, "settings.n: minimum: expected a whole number, found 0.5");
  mistake({ n: number() }, 'settings.n: say what it is, as in number("What it is.")');
  mistake({ n: number("N.", { optional: true, default: 1 }) }, "settings.n: has a default and is optional");
  mistake({ n: number("N.", { optional: "yes" }) }, "settings.n: optional: expected true or false");
  mistake({ n: text("N.", { pattern: "[" }) }, "settings.n: pattern: Invalid regular expression");
  mistake({ n: text("N.", { minLength: 3, maxLength: 2 }) }, "settings.n: minLength is more than maxLength");
  mistake(
    { n: text("N.", { minLength: -1 }) },
    "settings.n: minLength: expected a whole number of at least 0, found -1",
  );
  mistake({ n: text }, 'settings.n: say what it must be, as in `n: text("What it is.")`');
  mistake({ n: choice("N.", []) }, "settings.n: say what there is to choose from");
  mistake({ n: choice("N.", ["a"], { default: "b" }) }, 'settings.n: default: expected one of "a", found "b"');
  mistake({ n: date("N.", { default: "yesterday" }) }, "settings.n: default: expected a day as 2026-01-30");
  mistake({ n: list("N.") }, "settings.n: say what it is a list of");
  mistake(
    { n: list("N.", text("T.", { optional: true })) },
    "settings.n: what it is a list of can be neither optional",
  );
  mistake({ n: list("N.", text("T."), { default: ["a", 5] }) }, "settings.n: default/1: expected text, found 5");
  mistake({ n: object("N.", { inner: number("") }) }, "settings.n.inner: say what it is");
  mistake({ n: object("N.") }, "settings.n: say what is in it");
  mistake(
    { n: thresholds("N.", { direction: "up" }) },
    'settings.n: direction: expected "below" or "above", found "up"',
  );
  mistake(
    { n: thresholds("N.", { direction: "above", default: { warn: 2, fail: 1 } }) },
    "settings.n: default/fail: expected at least `warn`",
  );
  mistake({ maxPercent: text("N.") }, "settings.maxPercent: a setting is called in snake_case");
  mistake({ constructor: text("N.") }, "settings.constructor: the name is reserved by the language");
  mistake({ source: text("N.") }, "settings.source: the name `source` goes with source()");
  mistake({ from: source() }, "settings.from: the name `source` goes with source()");
});

test("mistakes are told all at once", () => {
  assert.throws(() => check({ settings: { a: number(), b: 5 }, rum() {} }), {
    message: [
      "check:",
      "  unknown option `rum`, expected one of settings, validate, run",
      '  settings.a: say what it is, as in number("What it is.")',
      '  settings.b: say what it must be, as in `b: text("What it is.")`',
      "  run: expected a function, as in `run(context, settings) { return Verdict.pass(…, rows); }`",
    ].join("\n"),
  });
  assert.throws(() => check(), /check: expected an object/);
  assert.throws(() => check({ settings: [], run() {} }), /check: settings: expected an object/);
  assert.throws(() => check({ validate: true, run() {} }), /check: validate: expected a function/);
  assert.throws(() => problem("fail_below", "x"), /expected a place as "\/fail_below", found fail_below/);
  assert.throws(() => problem("/fail_below"), /expected a message/);
});
