// A column holds nothing but allowed values: see README.md.

import { findings } from "assay:report/report@1.0.0";

import { onlyRow, rows } from "./answer.js";
import { CouldNotSay, guarded } from "./guard.js";
import { SCHEMA, read } from "./settings.js";

/** What was measured, with room to spare: see README.md. A check that asks for less than the default has less to misuse. */
const LIMITS = [
  { name: "memory", value: 32n << 20n },
  // One to count, and one for the samples.
  { name: "queries", value: 2n },
];
const SAMPLES_MAX = 5;
/** Characters of one value of a sample, and of the list of allowed values: a finding must stay under 4 KiB. */
const TEXT_MAX = 80;

export const describe = guarded(() => ({
  id: "allowed-values-js",
  version: "1.0.0",
  title: "Values are allowed",
  description: "Counts the rows whose value in a column is not one of a list, and shows the most frequent of them.",
  owner: "assay",
  settingsSchema: JSON.stringify(SCHEMA),
  limits: LIMITS,
}));

export const validate = guarded((document) => read(document).problems);

export const run = guarded((context, document) => {
  const { settings, problems } = read(document);
  if (settings === undefined) {
    const told = problems.map(({ path, message }) => `${path || "document"}: ${message}`);
    throw new CouldNotSay(`bad settings: ${told.join("; ")}`);
  }
  return compare(sourceOf(context, settings), settings);
});

/** The source that settings name, or the only one granted. */
function sourceOf({ sources }, { source }) {
  if (source !== undefined) {
    return source;
  }
  if (sources.length !== 1) {
    throw new CouldNotSay(`name a source in the settings: ${sources.length} are granted`);
  }
  return sources[0];
}

function compare(source, settings) {
  const { table, column, allow_null } = settings;
  const statement = statements(settings);
  const params = [{ name: "values", value: { tag: "text-array", val: settings.values } }];
  const { n_rows, n_nulls, n_others } = onlyRow(source, statement.count, params);
  if (n_rows === 0n) {
    throw new CouldNotSay(`\`${table}\` has no rows: there is nothing to look at`);
  }
  if (allow_null && n_nulls === n_rows) {
    throw new CouldNotSay(`all ${n_rows} values of \`${column}\` are null: there is nothing to look at`);
  }
  const wrong = n_others + (allow_null ? 0n : n_nulls);
  if (wrong === 0n) {
    const summary = `${n_rows} values of \`${column}\` are allowed`;
    return { outcome: "pass", summary, examined: n_rows };
  }
  const summary = `${wrong} of ${n_rows} values of \`${column}\` are not allowed`;
  const samples = rows(source, statement.samples, params).map(({ value, n_rows }) => [
    { name: column, value: value === null ? undefined : cut(value) },
    { name: "row count", value: `${n_rows}` },
  ]);
  findings([
    {
      code: "value_not_allowed",
      message: summary,
      subject: { source, table, column },
      observed: { tag: "number", val: Number(wrong) },
      expected: { tag: "number", val: 0 },
      unit: "rows",
      affected: wrong,
      samples,
      attributes: [{ key: "allowed", value: cut(settings.values.join(", ")) }],
    },
  ]);
  return { outcome: "fail", summary, examined: n_rows };
}

/** The names in these statements went through the patterns of the settings; the values are bound. */
function statements({ table, column, allow_null }) {
  const from = table.split(".").map((part) => `\`${part}\``).join(".");
  const name = `\`${column}\``;
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

/** Text cut to what a finding has room for. */
function cut(text) {
  // A character takes up to two units: of a long text no more is looked at than could be needed.
  const characters = [...text.slice(0, 2 * TEXT_MAX + 2)];
  return characters.length > TEXT_MAX ? `${characters.slice(0, TEXT_MAX).join("")}…` : text;
}
