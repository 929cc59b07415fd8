// Settings of the check: read once, and every mistake told with its place.

// A name cannot be bound as a parameter, so only names that cannot be anything else are let into a statement.
const NAME = "[A-Za-z_][A-Za-z0-9_]{0,127}";
const COLUMN = `^${NAME}$`;
const TABLE = `^${NAME}(\\.${NAME}){0,2}$`;
const VALUES_MAX = 1000;

export const SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Settings of allowed-values-js",
  type: "object",
  properties: {
    source: { type: "string", description: "The source; may be left out when only one is granted." },
    table: { type: "string", pattern: TABLE, description: "The table." },
    column: { type: "string", pattern: COLUMN, description: "The column." },
    values: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      maxItems: VALUES_MAX,
      uniqueItems: true,
      description: "The allowed values. A column of another type is compared as text.",
    },
    allow_null: { type: "boolean", default: false, description: "Whether a row may have no value." },
  },
  required: ["table", "column", "values"],
  additionalProperties: false,
};

const RULES = {
  source: [(value) => typeof value === "string" && value !== "", "expected the name of a source"],
  table: [matches(TABLE), "not the name of a table: letters, digits and `_`, at most three parts"],
  column: [matches(COLUMN), "not the name of a column: letters, digits and `_`"],
  values: [
    (value) => Array.isArray(value) && value.length >= 1 && value.length <= VALUES_MAX,
    `expected a list of 1 to ${VALUES_MAX} values`,
  ],
  allow_null: [(value) => typeof value === "boolean", "expected true or false"],
};

/**
 * Reads a JSON document.
 *
 * @param {string} document
 * @returns {{ settings?: object, problems: { path: string, message: string }[] }} settings if there is no problem
 */
export function read(document) {
  let given;
  try {
    given = JSON.parse(document);
  } catch (error) {
    return { problems: [{ path: "", message: `not JSON: ${error.message}` }] };
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { problems: [{ path: "", message: "expected an object" }] };
  }
  const problems = [...unknown(given), ...missing(given), ...wrong(given), ...wrongValues(given)];
  return problems.length > 0 ? { problems } : { settings: { allow_null: false, ...given }, problems };
}

function unknown(given) {
  const known = Object.keys(RULES);
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`,
      message: `unknown setting, expected one of ${known.join(", ")}`,
    }));
}

function missing(given) {
  return SCHEMA.required
    .filter((key) => !Object.hasOwn(given, key))
    .map((key) => ({ path: "", message: `missing setting \`${key}\`` }));
}

function wrong(given) {
  return Object.entries(RULES)
    .filter(([key, [isGood]]) => Object.hasOwn(given, key) && !isGood(given[key]))
    .map(([key, [, message]]) => ({ path: `/${key}`, message }));
}

function wrongValues({ values }) {
  if (!Array.isArray(values)) {
    return [];
  }
  const seen = new Set();
  return values.flatMap((value, index) => {
    const path = `/values/${index}`;
    if (typeof value !== "string") {
      return [{ path, message: "expected text" }];
    }
    const isAgain = seen.has(value);
    seen.add(value);
    return isAgain ? [{ path, message: "stands in the list already" }] : [];
  });
}

function matches(pattern) {
  const expression = new RegExp(pattern);
  return (value) => typeof value === "string" && expression.test(value);
}
