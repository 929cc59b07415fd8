import assert from "node:assert/strict";
import { test } from "node:test";

import { CouldNotSay, DateTime, Day, TimeOfDay, Timestamp } from "assay";

test("days go both ways through the calendar", () => {
  for (const [days, text, weekday] of [
    [0, "1970-01-01", "thu"],
    [-1, "1969-12-31", "wed"],
    [20454, "2026-01-01", "thu"],
    [11016, "2000-02-29", "tue"],
    [-719162, "0001-01-01", "mon"],
    [2932896, "9999-12-31", "fri"],
  ]) {
    assert.equal(`${Day.of(days)}`, text);
    assert.equal(Day.parse(text).days, days);
    assert.equal(Day.of(days).weekday, weekday);
  }
  // The whole of some centuries, against the engine's own calendar.
  for (let days = -141428; days < 60000; days += 1) {
    assert.equal(Day.of(days).toString(), new Date(days * 86400000).toISOString().slice(0, 10));
    assert.equal(Day.parse(Day.of(days).toString()).days, days);
  }
});

test("what is not a day is refused", () => {
  for (const text of [
    "2026-02-29",
    "2026-13-01",
    "2026-00-10",
    "2026-1-1",
    "0000-01-01",
    "",
    "2026-01-01T00:00",
    20260101,
  ]) {
    assert.throws(() => Day.parse(text), CouldNotSay, String(text));
  }
  for (const days of [-719163, 2932897, 1.5, NaN, 5n]) {
    assert.throws(() => Day.of(days), CouldNotSay, String(days));
  }
  assert.throws(() => new Day(5), /Day.of or Day.parse/);
});

test("the same day is the same key, and days compare", () => {
  const day = Day.parse("2026-01-30");
  assert.equal(day, Day.of(20483));
  assert.ok(day < day.plus(1) && day > Day.parse("2025-12-31") && day >= Day.of(20483));
  assert.equal(day.plus(2).toString(), "2026-02-01");
  assert.equal(day.until(day.plus(-3)), -3);
  assert.equal(new Map([[day, 1]]).get(Day.parse("2026-01-30")), 1);
  assert.equal(JSON.stringify({ day }), '{"day":"2026-01-30"}');
});

test("instants print and compare to the microsecond", () => {
  const instant = new Timestamp(1_769_776_200_000_001n);
  assert.equal(`${instant}`, "2026-01-30T12:30:00.000001Z");
  assert.equal(`${new Timestamp(-1n)}`, "1969-12-31T23:59:59.999999Z");
  assert.equal(`${new DateTime(-86_400_000_000n)}`, "1969-12-31T00:00:00");
  assert.equal(`${new TimeOfDay(3_661_500_000n)}`, "01:01:01.5");
  assert.ok(instant < instant.plusSeconds(0.5));
  assert.equal(instant.secondsUntil(instant.plusSeconds(90)), 90);
  assert.ok(instant.equals(new Timestamp(instant.micros)) && !instant.equals(new DateTime(instant.micros)));
  assert.equal(instant.day(11 * 3600 + 1800), Day.parse("2026-01-31"));
  assert.equal(new DateTime(-1n).day, Day.of(-1));
  for (const micros of [-1n, 86_400_000_000n]) {
    assert.throws(() => new TimeOfDay(micros), /not a time of day/);
  }
  assert.throws(() => new Timestamp(1n << 62n), CouldNotSay);
  assert.throws(() => new Timestamp(5), /as a BigInt/);
});
