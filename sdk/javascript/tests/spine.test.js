import assert from "node:assert/strict";
import { test } from "node:test";

import { DateSpine, Day } from "assay";

const day = (text) => Day.parse(`2026-01-${text}`);
const texts = (days) => Array.from(days, (day) => day.toString().slice(8)).join(" ");

test("adjacent days are one span, in any order and once", () => {
  const spine = new DateSpine(day("17"), day("25"));
  assert.equal(spine.size, 9);
  assert.equal(
    spine.spans([day("24"), day("18"), day("20"), day("19"), day("18")]),
    "2026-01-18..2026-01-20, 2026-01-24",
  );
  assert.equal(spine.spans([]), "");
  assert.equal(spine.spans(spine), "2026-01-17..2026-01-25");
  assert.equal(spine.around(day("19"), [day("18"), day("19"), day("21")]), "2026-01-18..2026-01-19");
  assert.equal(spine.around(day("23"), [day("18")]), "2026-01-23");
});

test("a span goes over days that the spine does not have", () => {
  // Friday 16th, Monday 19th.
  const spine = new DateSpine(day("14"), day("20"), { weekdays: ["mon", "tue", "wed", "thu", "fri"] });
  assert.equal(texts(spine), "14 15 16 19 20");
  assert.equal(spine.spans([day("16"), day("19")]), "2026-01-16..2026-01-19");
  assert.equal(spine.has(day("17")), false);
  assert.throws(() => spine.spans([day("17")]), /2026-01-17 is not one of its days/);
});

test("missing is what was not seen", () => {
  const spine = new DateSpine(day("01"), day("04"));
  assert.equal(texts(spine.missing([day("02"), day("09")])), "01 03 04");
  assert.equal(
    texts(
      spine.missing(
        new Map([
          [day("01"), 1],
          [day("02"), 1],
          [day("03"), 1],
          [day("04"), 1],
        ]).keys(),
      ),
    ),
    "",
  );
  assert.throws(() => spine.missing(["2026-01-02"]), /expected days, found string 2026-01-02/);
});

test("a spine has a beginning, an end and weekdays that exist", () => {
  assert.equal(new DateSpine(day("02"), day("02")).size, 1);
  assert.throws(() => new DateSpine(day("02"), day("01")), /a first and a last day, found 2026-01-02 and 2026-01-01/);
  assert.throws(() => new DateSpine("2026-01-01", day("02")), TypeError);
  assert.throws(() => new DateSpine(day("01"), day("02"), { weekdays: ["Monday"] }), /found Monday/);
  assert.throws(() => new DateSpine(day("01"), day("02"), { weekdays: [] }), /found none/);
});
