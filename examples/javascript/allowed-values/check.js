// A column holds nothing but allowed values: see README.md.

import { CouldNotSay, Finding, Verdict, boolean, check, column, list, query, quote, source, table, text } from "assay";

const SAMPLES_MAX = 5;
/** Characters of one value of a sample, and of the list of allowed values. */
const TEXT_MAX = 80;

export default check({
  settings: {
    source: source(),
    table: table("The table."),
    column: column("The column."),
    values: list("The allowed values. A column of another type is compared as text.", text("An allowed value."), {
      minItems: 1,
      maxItems: 1000,
      uniqueItems: true,
    }),
    allow_null: boolean("Whether a row may have no value.", { default: false }),
  },

  run(context, settings) {
    const source = context.source(settings.source);
    const { table, column, values, allow_null } = settings;
    const statement = statements(settings);
    const ask = (sql) => query(source, sql).bind("values", values, "text[]");

    const counts = ask(statement.count).onlyRow({ n_rows: "integer", n_nulls: "integer", n_others: "integer" });
    const { n_rows: rows, n_nulls: nulls, n_others: others } = counts;
    if (rows === 0) {
      throw new CouldNotSay(`\`${table}\` has no rows: there is nothing to look at`);
    }
    if (allow_null && nulls === rows) {
      throw new CouldNotSay(`all ${rows} values of \`${column}\` are null: there is nothing to look at`);
    }
    const wrong = others + (allow_null ? 0 : nulls);
    if (wrong === 0) {
      return Verdict.pass(`${rows} values of \`${column}\` are allowed`, rows);
    }
    const summary = `${wrong} of ${rows} values of \`${column}\` are not allowed`;
    const samples = [...ask(statement.samples).rows({ value: "text?", n_rows: "integer" })];
    new Finding("value_not_allowed", summary, {
      source,
      table,
      column,
      observed: wrong,
      expected: 0,
      unit: "rows",
      affected: wrong,
      samples: samples.map(({ value, n_rows }) => ({ [column]: value && cut(value), "row count": n_rows })),
      attributes: { allowed: cut(values.join(", ")) },
    }).report();
    return Verdict.fail(summary, rows);
  },
});

/** The names in these statements went through the patterns of the settings; the values are bound. */
function statements({ table, column, allow_null }) {
  const from = quote(table);
  const name = quote(column);
  const value = `CAST(${name} AS STRING)`;
  const isOther = `${value} NOT IN UNNEST(@values)`;
  // A sum over no rows is null, and an empty table is to be told as one.
  const count = (condition) => `COALESCE(SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END), 0)`;
  return {
    count:
      `SELECT COUNT(*) AS n_rows, ${count(`${name} IS NULL`)} AS n_nulls, ` +
      `${count(`${name} IS NOT NULL AND ${isOther}`)} AS n_others FROM ${from}`,
    samples:
      `SELECT ${value} AS value, COUNT(*) AS n_rows FROM ${from} ` +
      `WHERE ${isOther}${allow_null ? "" : ` OR ${name} IS NULL`} ` +
      `GROUP BY ${value} ORDER BY n_rows DESC, value LIMIT ${SAMPLES_MAX}`,
  };
}

/** Text cut to what a person reads. */
function cut(text) {
  // A character takes up to two units: of a long text no more is looked at than could be needed.
  const characters = [...text.slice(0, 2 * TEXT_MAX + 2)];
  return characters.length > TEXT_MAX ? `${characters.slice(0, TEXT_MAX).join("")}…` : text;
}
