// Each day has enough rows: see README.md.

import {
  CouldNotSay,
  Finding,
  Thresholds,
  Verdict,
  check,
  column,
  integer,
  metric,
  number,
  problem,
  query,
  quote,
  source,
  table,
} from "assay";

export default check({
  settings: {
    source: source(),
    table: table("The table whose rows are counted."),
    date_column: column("The column that says which day a row belongs to.", { default: "day" }),
    lookback_days: integer("How many days are looked at, up to and including the target date.", {
      minimum: 1,
      maximum: 400,
      default: 7,
    }),
    warn_below: number("A day with fewer rows is a warning.", { minimum: 0, default: 80 }),
    fail_below: number("A day with fewer rows is a failure; at most `warn_below`.", { minimum: 0, default: 50 }),
  },

  validate({ warn_below, fail_below }) {
    const disorder = Thresholds.disorder({ warn: warn_below, fail: fail_below, direction: "below" }, "warn_below");
    return disorder === undefined ? [] : [problem("/fail_below", disorder)];
  },

  run(context, settings) {
    const source = context.source(settings.source);
    const days = context.lastDays(settings.lookback_days);
    const thresholds = new Thresholds({ warn: settings.warn_below, fail: settings.fail_below, direction: "below" });
    const counts = countRows(source, settings, days);
    const missing = days.missing([...counts.keys()].filter((day) => counts.get(day) > 0));
    const wrong = [];
    const short = [];
    for (const day of days) {
      const rows = counts.get(day) ?? 0;
      const options = {
        source,
        table: settings.table,
        date: day,
        observed: rows,
        expected: settings.warn_below,
        unit: "rows",
        affected: Math.max(Math.ceil(settings.warn_below) - rows, 0),
      };
      const message = `${rows} of ${settings.warn_below} rows`;
      switch (thresholds.judge(rows)) {
        case "fail": {
          const code = rows === 0 ? "missing_day" : "too_few_rows";
          const remediation = `backfill ${days.around(day, missing)}`;
          new Finding(code, message, { ...options, remediation }).report();
          wrong.push(day);
          break;
        }
        case "warn":
          new Finding("few_rows", message, { ...options, severity: "low" }).report();
          short.push(day);
          break;
      }
    }
    const total = [...counts.values()].reduce((sum, rows) => sum + rows, 0);
    metric("rows", total, "rows");
    if (wrong.length > 0) {
      return Verdict.fail(`${wrong.length} of ${days.size} days are wrong: ${days.spans(wrong)}`, total);
    }
    if (short.length > 0) {
      return Verdict.warn(`${short.length} of ${days.size} days are short: ${days.spans(short)}`, total);
    }
    return Verdict.pass(`all ${days.size} days have their rows`, total);
  },
});

/** How many rows there are, by day; a day without rows is not in it. */
function countRows(source, settings, days) {
  const day = `CAST(${quote(settings.date_column)} AS DATE)`;
  const sql =
    `SELECT ${day} AS day, COUNT(*) AS n FROM ${quote(settings.table)} ` +
    `WHERE ${day} BETWEEN @start AND @end GROUP BY 1 ORDER BY 1`;
  const counts = new Map();
  const rows = query(source, sql).bind("start", days.start).bind("end", days.end).rows({ day: "date", n: "integer" });
  for (const { day, n } of rows) {
    if (!days.has(day)) {
      throw new CouldNotSay(`the query returned ${day}, which was not asked for`);
    }
    if (counts.has(day)) {
      throw new CouldNotSay(`the query returned ${day} twice`);
    }
    counts.set(day, n);
  }
  return counts;
}
