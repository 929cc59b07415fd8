// What the declarations must allow, and what they must not.

import {
  Baseline,
  type Day,
  Finding,
  Thresholds,
  Verdict,
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
  query,
  quote,
  source,
  table,
  text,
  thresholds,
} from "assay";

export default check({
  settings: {
    source: source(),
    table: table("The table."),
    day: column("The column.", { default: "day" }),
    mode: choice("Mode.", ["rows", "keys"], { default: "rows" }),
    note: text("Note.", { optional: true }),
    share: number("Share.", { minimum: 0, maximum: 1, default: 0.5 }),
    days: integer("Days.", { default: 7 }),
    strict: boolean("Strict.", { default: false }),
    since: date("Since.", { optional: true }),
    rules: list("Rules.", object("A rule.", { min: number("Least.") }), { default: [] }),
    limits: thresholds("Limits.", { direction: "below", default: { warn: 80, fail: 50 } }),
  },
  validate: ({ share, days }) => (share > days ? [problem("/share", "too much")] : []),
  run(context, settings) {
    const mode: "rows" | "keys" = settings.mode;
    const note: string | undefined = settings.note;
    const since: Day = settings.since ?? context.targetDate;
    const least: number[] = settings.rules.map(({ min }) => min);
    const limits: Thresholds = settings.limits;
    // @ts-expect-error it may be left out
    const wrong: string = settings.note;
    // @ts-expect-error there is no such setting
    settings.tabel;
    // @ts-expect-error settings stay as they are
    settings.days = 8;

    const rows = query(context.source(settings.source), `SELECT * FROM ${quote(settings.table)}`)
      .bind("start", context.lastDays(settings.days).start)
      .bind("names", [], "text[]")
      .rows({ day: "date", n: "integer", big: "bigint?" });
    let total = 0;
    for (const { day, n, big } of rows) {
      const when: Day = day;
      const perhaps: bigint | null = big;
      // @ts-expect-error it may be null
      const certain: bigint = big;
      total += n;
      new Finding("odd", `${when} ${perhaps} ${certain}`, { date: when, severity: "low" }).report();
    }
    // @ts-expect-error there is no such type
    query("s", "q").rows({ n: "int" });
    // @ts-expect-error there is no such option
    new Finding("odd", "m", { sevrity: "low" });
    // @ts-expect-error a pass says how many rows it rests on
    Verdict.pass("fine");
    const usual = Baseline.of(least, { atLeast: 3 });
    return limits.judge(usual.deviation(total)) === "fine"
      ? Verdict.pass(`${mode} ${note} ${since} ${wrong}`, total)
      : Verdict.fail("bad");
  },
});

check({
  // @ts-expect-error the default is not one of them
  settings: { mode: choice("Mode.", ["a"], { default: "b" }) },
  run: () => Verdict.skip("closed"),
});
// @ts-expect-error a check concludes with a verdict
check({ run: () => true });
