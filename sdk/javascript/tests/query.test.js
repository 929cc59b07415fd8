import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { CouldNotSay, DateTime, Day, Timestamp, query } from "assay";

import { answer, answerRaw, encoded, host, refuse, reset, thrown } from "./fake/host.js";

beforeEach(reset);

const ask = (shape) => [...query("local", "SELECT 1").rows(shape)];
const cannot = (work, message) => assert.throws(work, { name: "CouldNotSay", message });

test("every kind decodes", () => {
  answer({
    i: ["int64", [5, -5]],
    f: ["float64", [NaN, 0.5]],
    b: ["boolean", [true, false]],
    t: ["text", ["é", ""]],
    y: ["bytes", [Uint8Array.of(1, 2), new Uint8Array()]],
    d: ["date", [0, 20483]],
    h: ["time", [0n, 1_000_000n]],
    l: ["datetime", [0n, -1n]],
    s: ["timestamp", [0n, 1n]],
    n: ["decimal", ["1.50", "-2"]],
    j: ["json", ['{"a":[1]}', "null"]],
    o: ["other", ["POINT(1 2)", "x"]],
  });
  const shape = {
    i: "integer",
    f: "number",
    b: "boolean",
    t: "text",
    y: "bytes",
    d: "date",
    h: "time",
    l: "datetime",
    s: "timestamp",
    n: "decimal",
    j: "json",
    o: "text",
  };
  const [first, second] = ask(shape);
  assert.deepEqual(
    { ...first, d: `${first.d}`, h: `${first.h}`, l: `${first.l}`, s: `${first.s}` },
    {
      i: 5,
      f: NaN,
      b: true,
      t: "é",
      y: Uint8Array.of(1, 2),
      d: "1970-01-01",
      h: "00:00:00",
      l: "1970-01-01T00:00:00",
      s: "1970-01-01T00:00:00Z",
      n: "1.50",
      j: { a: [1] },
      o: "POINT(1 2)",
    },
  );
  assert.equal(second.d, Day.parse("2026-01-30"));
  assert.deepEqual([second.i, second.b, second.t, second.n, second.j], [-5, false, "", "-2", null]);
  assert.equal(
    `${second.l} ${second.s} ${second.h}`,
    "1969-12-31T23:59:59.999999 1970-01-01T00:00:00.000001Z 00:00:01",
  );
  assert.equal(host.disposed, 1);
});

test("a number is a Number where that is exact, and a BigInt where it is asked for", () => {
  const big = 2n ** 53n;
  answer({ n: ["int64", [big - 1n]] });
  assert.deepEqual(ask({ n: "integer" }), [{ n: 9007199254740991 }]);
  answer({ n: ["int64", [big]] });
  cannot(
    () => ask({ n: "integer" }),
    /^column `n`: 9007199254740992 is beyond what a Number holds exactly: ask for it as "bigint"$/,
  );
  answer({ n: ["int64", [-(2n ** 63n)]] });
  assert.deepEqual(ask({ n: "bigint" }), [{ n: -(2n ** 63n) }]);
  answer({ n: ["int64", [big + 1n]] });
  assert.deepEqual(ask({ n: "number" }), [{ n: 9007199254740992 }]);
  answer({ n: ["decimal", ["12", "13.00"]] });
  assert.deepEqual(ask({ n: "integer" }), [{ n: 12 }, { n: 13 }]);
  answer({ n: ["decimal", ["12.5"]] });
  cannot(() => ask({ n: "integer" }), "column `n` holds `12.5` where a whole number was expected");
  answer({ n: ["decimal", ["12.5"]] });
  assert.deepEqual(ask({ n: "number" }), [{ n: 12.5 }]);
  answer({ n: ["int64", [3]] });
  assert.deepEqual(ask({ n: "decimal" }), [{ n: "3" }]);
  answer({ n: ["datetime", [1n]] });
  assert.ok(ask({ n: "timestamp" })[0].n.equals(new Timestamp(1n)));
});

test("null is there where it is asked for, and nowhere else", () => {
  const column = ["int64", [1, null, 3, 4, 5, 6, 7, 8, null]];
  answer({ n: column });
  assert.deepEqual(
    ask({ n: "integer?" }).map(({ n }) => n),
    [1, null, 3, 4, 5, 6, 7, 8, null],
  );
  answer({ n: column });
  cannot(() => ask({ n: "integer" }), "column `n` holds null where a whole number was expected");
  assert.equal(host.disposed, 2);
});

test("a column that is missing, twice there or of another type is told before a row is read", () => {
  answer({ n: ["text", []] });
  cannot(() => query("s", "q").rows({ n: "integer" }), "column `n` holds text where a whole number was expected");
  answer({ n: ["float64", []] });
  cannot(() => query("s", "q").rows({ n: "integer" }), "column `n` holds float64 where a whole number was expected");
  answer({ n: ["int64", []] });
  cannot(() => query("s", "q").rows({ m: "integer" }), "the query returned no column `m`, only `n`");
  const column = { name: "n", kind: "int64", typeName: "INT64", nullable: false };
  answerRaw([column, column]);
  cannot(() => query("s", "q").rows({ n: "integer" }), "the query returned 2 columns `n`");
  answerRaw([{ ...column, kind: "interval" }]);
  cannot(() => query("s", "q").rows(), "column `n` holds interval where a known kind was expected");
  assert.equal(host.disposed, 5, "no cursor is left open");
});

test("without a shape every column is as it is", () => {
  answer({ n: ["int64", [1, null]], __proto__x: ["json", ["{}", null]] });
  assert.deepEqual(ask(), [
    { n: 1n, __proto__x: "{}" },
    { n: null, __proto__x: null },
  ]);
});

test("a type that there is none of is the author's mistake", () => {
  assert.throws(
    () => query("s", "q").rows({ n: "int" }),
    /rows: column `n`: unknown type `int`, expected one of integer, /,
  );
  assert.equal(host.asked.length, 0);
});

test("an answer that breaks off is not a shorter answer", () => {
  const seen = [];
  answer({ n: ["int64", [1, 2]] }, thrown({ code: "failed", message: "the file ends in the middle", retryable: true }));
  assert.throws(
    () => {
      for (const { n } of query("s", "q").rows({ n: "integer" })) {
        seen.push(n);
      }
    },
    { name: "CouldNotSay", message: "the file ends in the middle", code: "failed", retryable: true },
  );
  assert.deepEqual(seen, [1, 2]);
  assert.equal(host.disposed, 1);
});

test("a refused query keeps its words", () => {
  refuse({ code: "denied", message: "table `secret` is not granted", hint: "grant it" });
  assert.throws(() => query("s", "q").rows(), {
    name: "CouldNotSay",
    code: "denied",
    hint: "grant it",
    retryable: false,
  });
});

test("batches that claim a wrong shape are refused", () => {
  const info = (kind) => ({ name: "n", kind, typeName: kind, nullable: true });
  const whole = encoded({ n: ["text", ["ab", "c"]] }).columns[0];
  const text = (offsets, bytes = 3) => ({
    validity: new Uint8Array(),
    data: { tag: "text", val: { offsets: Uint32Array.from(offsets), bytes: new Uint8Array(bytes) } },
  });
  const int64 = (length, validity = []) => ({
    validity: Uint8Array.from(validity),
    data: { tag: "int64", val: new BigInt64Array(length) },
  });
  for (const [kind, batch] of [
    ["int64", { rows: 2, columns: [] }],
    ["int64", { rows: 2, columns: [int64(2), int64(2)] }],
    ["int64", { rows: 2, columns: [int64(1)] }],
    ["int64", { rows: 2, columns: [int64(3)] }],
    ["int64", { rows: 9, columns: [int64(9, [255])] }],
    ["text", { rows: 3, columns: [whole] }],
    ["text", { rows: 2, columns: [text([0, 2, 1])] }],
    ["text", { rows: 2, columns: [text([1, 2, 3])] }],
    ["text", { rows: 2, columns: [text([0, 2, 4])] }],
    ["text", { rows: 2, columns: [text([0, 2, 2])] }],
    ["text", { rows: 0, columns: [text([], 0)] }],
    ["boolean", { rows: 9, columns: [{ validity: new Uint8Array(), data: { tag: "bits", val: Uint8Array.of(1) } }] }],
    ["timestamp", { rows: 1, columns: [{ validity: new Uint8Array(), data: { tag: "days", val: Int32Array.of(1) } }] }],
  ]) {
    answerRaw([info(kind)], batch);
    cannot(() => ask({ n: "any" }), "the host sent a batch that does not fit its columns");
  }
  answerRaw([info("text")], {
    rows: 1,
    columns: [
      {
        validity: new Uint8Array(),
        data: { tag: "text", val: { offsets: Uint32Array.of(0, 1), bytes: Uint8Array.of(255) } },
      },
    ],
  });
  cannot(() => ask({ n: "text" }), "column `n` holds text that is not UTF-8");
  answer({ n: ["json", ["{"]] });
  cannot(() => ask({ n: "json" }), /^column `n`: not JSON: /);
  answer({ n: ["date", [2147483647]] });
  cannot(() => ask({ n: "date" }), /^column `n`: 2147483647 days since 1970-01-01 is not a day/);
});

test("rows are read once", () => {
  answer({ n: ["int64", [1]] });
  const rows = query("s", "q").rows({ n: "integer" });
  assert.deepEqual(rows.columns, ["n"]);
  assert.equal([...rows].length, 1);
  assert.throws(() => [...rows], /read already/);
  answer({ n: ["int64", [1, 2]] }, { n: ["int64", [3]] });
  for (const _ of query("s", "q").rows({ n: "integer" })) {
    break;
  }
  assert.equal(host.disposed, 2, "a loop that is left ends the query");
});

test("only one row is only one row", () => {
  answer({ n: ["int64", []] }, { n: ["int64", [4]] }, { n: ["int64", []] });
  assert.deepEqual(query("s", "q").onlyRow({ n: "integer" }), { n: 4 });
  answer({ n: ["int64", []] });
  cannot(() => query("s", "q").onlyRow({ n: "integer" }), "the query returned no row where one was expected");
  answer({ n: ["int64", [1]] }, { n: ["int64", [2]] });
  cannot(
    () => query("s", "q").onlyRow({ n: "integer" }),
    "the query returned more than one row where one was expected",
  );
});

test("values are bound by what they are", () => {
  const day = Day.parse("2026-01-30");
  for (const [value, kind, expected] of [
    [true, undefined, { tag: "boolean", val: true }],
    [5, undefined, { tag: "int64", val: 5n }],
    [5, "float64", { tag: "float64", val: 5 }],
    [0.5, undefined, { tag: "float64", val: 0.5 }],
    [-(2n ** 63n), undefined, { tag: "int64", val: -(2n ** 63n) }],
    ["x", undefined, { tag: "text", val: "x" }],
    ["1.5", "decimal", { tag: "decimal", val: "1.5" }],
    [Uint8Array.of(1), undefined, { tag: "bytes", val: Uint8Array.of(1) }],
    [day, undefined, { tag: "date", val: 20483 }],
    [new DateTime(5n), undefined, { tag: "datetime", val: 5n }],
    [new Timestamp(5n), undefined, { tag: "timestamp", val: 5n }],
    [null, "date", { tag: "null", val: "date" }],
    [[1, 2n], undefined, { tag: "int64-array", val: BigInt64Array.of(1n, 2n) }],
    [[0.5, 1], undefined, { tag: "float64-array", val: Float64Array.of(0.5, 1) }],
    [["a"], undefined, { tag: "text-array", val: ["a"] }],
    [[day], undefined, { tag: "date-array", val: Int32Array.of(20483) }],
    [[new Timestamp(1n)], undefined, { tag: "timestamp-array", val: BigInt64Array.of(1n) }],
    [[], "text[]", { tag: "text-array", val: [] }],
  ]) {
    answer({});
    query("s", "q").bind("v", value, kind).rows();
    assert.deepEqual(host.asked.at(-1).params, [{ name: "v", value: expected }]);
  }
});

test("what cannot be bound is told with its name", () => {
  for (const [value, kind, message] of [
    [null, undefined, 'bind @v: null needs its kind, as in bind("name", null, "text")'],
    [[], undefined, 'bind @v: an empty list needs its kind, as in bind("names", [], "text[]")'],
    [[1, "a"], undefined, /holds values of one kind/],
    [[null], undefined, /holds values of one kind/],
    [undefined, undefined, /expected true or false, a number, .*, found undefined$/],
    [{}, undefined, /found Object$/],
    [NaN, undefined, "bind @v: expected a number that is not NaN, found NaN"],
    [2n ** 63n, undefined, /a whole number of 64 bits/],
    [1.5, "int64", "bind @v: expected a whole number of 64 bits, found 1.5"],
    ["1e5", "decimal", /plain notation/],
    ["2026-01-30", "date", "bind @v: expected a Day, found 2026-01-30"],
    [5, "int", /unknown kind `int`, expected one of boolean, int64/],
    [[true], "boolean[]", /unknown kind `boolean\[\]`/],
    ["a", "text[]", "bind @v: expected a list, found a"],
  ]) {
    assert.throws(() => query("s", "q").bind("v", value, kind), { name: "TypeError", message }, String(message));
  }
  assert.throws(() => query("s", "q").bind("@day", 5), /bind: expected a name .* without its @, found @day/);
  assert.throws(() => query(undefined, "q"), /query: expected the source as text, found undefined/);
});

test("a statement is not changed by binding, and binds what it names", () => {
  const base = query("s", "SELECT @start, @start_of");
  base.bind("start", 1);
  answer({});
  base.bindIfNamed("START", 2).bindIfNamed("sta", 3).rows();
  assert.deepEqual(
    host.asked[0].params.map(({ name }) => name),
    ["START"],
  );
});
