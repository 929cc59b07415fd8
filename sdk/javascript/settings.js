// Settings: declared once, and from that their JSON Schema, their values, and every mistake in them with its place.

import { Day } from "./day.js";
import { CouldNotSay } from "./error.js";
import { NAME, isName } from "./identifier.js";
import { Thresholds } from "./thresholds.js";

/** Characters of a value that a message shows. */
const SHOWN_MAX = 60;
const NAME_LENGTH_MAX = 1024;
const COMMON = ["optional", "default"];

/** What a setting must be. Made by the functions below. */
export class Kind {
  #form;
  #options;

  /**
   * @param {string} maker name of the function that made it, for messages
   * @param {string} description
   * @param {object} options as the author gave them
   * @param {{ options?: string[], mistakes?: string[], schema: object, fields?: object,
   *   read: (value: unknown, place: Place) => unknown }} form
   */
  constructor(maker, description, options, form) {
    this.maker = maker;
    this.description = description;
    this.#options = options;
    this.#form = form;
    Object.freeze(this);
  }

  get isOptional() {
    return this.#options.optional === true;
  }

  get hasDefault() {
    return Object.hasOwn(this.#options, "default");
  }

  /** Whether a document may do without it. */
  get isRequired() {
    return !this.isOptional && !this.hasDefault;
  }

  get default() {
    return this.#options.default;
  }

  /** The JSON Schema. */
  get schema() {
    const schema = { ...this.#form.schema, description: this.description };
    return this.hasDefault ? { ...schema, default: this.default } : schema;
  }

  /** What a value means; what is wrong with it is told to the place. */
  read(value, place) {
    return this.#form.read(value, place);
  }

  /** What stands when a document says nothing. */
  absent() {
    return this.hasDefault ? this.read(this.default, new Place("", [])) : undefined;
  }

  /** The author's mistakes, each with where it is. */
  mistakes(path) {
    const at = (what) => `${path}: ${what}`;
    const options = this.#options;
    const found = [...(this.#form.mistakes ?? [])].map(at);
    if (typeof this.description !== "string" || this.description.trim() === "") {
      found.push(at(`say what it is, as in ${this.maker}("What it is.")`));
    }
    const known = [...COMMON, ...(this.#form.options ?? [])];
    for (const option of Object.keys(options).filter((option) => !known.includes(option))) {
      found.push(at(`unknown option \`${option}\` of ${this.maker}(), expected one of ${known.join(", ")}`));
    }
    if (options.optional !== undefined && typeof options.optional !== "boolean") {
      found.push(at("optional: expected true or false"));
    }
    if (this.isOptional && this.hasDefault) {
      found.push(at("has a default and is optional: write one of the two"));
    }
    found.push(...fieldMistakes(this.#form.fields ?? {}, path));
    if (this.hasDefault && found.length === 0) {
      const problems = [];
      this.read(this.default, new Place("", problems));
      found.push(...problems.map(({ path: inner, message }) => at(`default${inner}: ${message}`)));
    }
    return found;
  }
}

/** A place in a document, and what is wrong there. */
class Place {
  #problems;

  constructor(path, problems) {
    this.path = path;
    this.#problems = problems;
  }

  inner(key) {
    return new Place(`${this.path}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`, this.#problems);
  }

  tell(message) {
    this.#problems.push({ path: this.path, message });
  }

  expected(what, value) {
    this.tell(`expected ${what}, found ${shown(value)}`);
  }
}

/**
 * Something wrong with settings that each by itself are right; returned from `validate`.
 *
 * @param {string} path JSON Pointer to the place, as /fail_below
 * @param {string} message
 */
export function problem(path, message) {
  if (typeof path !== "string" || (path !== "" && !path.startsWith("/"))) {
    throw new TypeError(`problem: expected a place as "/fail_below", found ${String(path)}`);
  }
  if (typeof message !== "string" || message === "") {
    throw new TypeError(`problem at ${path}: expected a message`);
  }
  return { path, message };
}

/** Text. */
export function text(description, options = {}) {
  const { minLength = 0, maxLength = Infinity, pattern } = options;
  const mistakes = [...bounds(options, "minLength", "maxLength", isCount, "a whole number of at least 0")];
  let expression;
  try {
    expression = pattern === undefined ? undefined : new RegExp(pattern, "u");
  } catch (error) {
    mistakes.push(`pattern: ${error.message}`);
  }
  return new Kind("text", description, options, {
    options: ["minLength", "maxLength", "pattern"],
    mistakes,
    schema: defined({ type: "string", minLength: options.minLength, maxLength: options.maxLength, pattern }),
    read(value, place) {
      if (typeof value !== "string") {
        return place.expected("text", value);
      }
      const length = [...value].length;
      if (length < minLength || length > maxLength) {
        return place.tell(`expected text ${range("of", minLength, maxLength)} characters, found ${length}`);
      }
      if (expression !== undefined && !expression.test(value)) {
        return place.expected(`text that matches ${pattern}`, value);
      }
      return value;
    },
  });
}

/** A number. */
export function number(description, options = {}) {
  return numeric("number", "a number", Number.isFinite, description, options);
}

/** A whole number that a Number holds exactly. */
export function integer(description, options = {}) {
  return numeric("integer", "a whole number", Number.isSafeInteger, description, options);
}

const RANGE = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];

function numeric(type, what, isKind, description, options) {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = options;
  const ends = [
    minimum !== undefined && `of at least ${minimum}`,
    exclusiveMinimum !== undefined && `greater than ${exclusiveMinimum}`,
    maximum !== undefined && `of at most ${maximum}`,
    exclusiveMaximum !== undefined && `less than ${exclusiveMaximum}`,
  ].filter((end) => end !== false);
  const isBoth = minimum !== undefined && maximum !== undefined && ends.length === 2;
  const expected = [what, isBoth ? `from ${minimum} to ${maximum}` : ends.join(" and ")].join(" ").trim();
  const low = Math.max(minimum ?? -Infinity, exclusiveMinimum ?? -Infinity);
  const high = Math.min(maximum ?? Infinity, exclusiveMaximum ?? Infinity);
  const mistakes = RANGE.filter((name) => options[name] !== undefined && !isKind(options[name])).map(
    (name) => `${name}: expected ${what}, found ${shown(options[name])}`,
  );
  if (mistakes.length === 0 && low > high) {
    mistakes.push(`no number can be ${expected.slice(what.length + 1)}`);
  }
  return new Kind(type, description, options, {
    options: RANGE,
    mistakes,
    schema: defined({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }),
    read(value, place) {
      const isGood =
        isKind(value) && value >= low && value <= high && value !== exclusiveMinimum && value !== exclusiveMaximum;
      return isGood ? value : place.expected(expected, value);
    },
  });
}

/** True or false. */
export function boolean(description, options = {}) {
  return new Kind("boolean", description, options, {
    schema: { type: "boolean" },
    read: (value, place) => (typeof value === "boolean" ? value : place.expected("true or false", value)),
  });
}

/** One of some texts. */
export function choice(description, values, options = {}) {
  const isGood =
    Array.isArray(values) &&
    values.length > 0 &&
    values.every((value) => typeof value === "string") &&
    new Set(values).size === values.length;
  const known = isGood ? values : [];
  return new Kind("choice", description, options, {
    mistakes: isGood ? [] : ['say what there is to choose from, as in choice("…", ["a", "b"])'],
    schema: { type: "string", enum: known },
    read: (value, place) =>
      known.includes(value) ? value : place.expected(`one of ${known.map((each) => `"${each}"`).join(", ")}`, value),
  });
}

/** A day, as 2026-01-30; its value is a `Day`. */
export function date(description, options = {}) {
  return new Kind("date", description, options, {
    schema: { type: "string", format: "date" },
    read(value, place) {
      try {
        return Day.parse(value);
      } catch (error) {
        if (!(error instanceof CouldNotSay)) {
          throw error;
        }
        return place.expected("a day as 2026-01-30", value);
      }
    },
  });
}

/** The name of a table, to be quoted with `quote`. */
export function table(description, options = {}) {
  return named("table", description, options);
}

/** The name of a column, to be quoted with `quote`. */
export function column(description, options = {}) {
  return named("column", description, options);
}

function named(what, description, options) {
  return new Kind(what, description, options, {
    schema: { type: "string", pattern: NAME, maxLength: NAME_LENGTH_MAX },
    read: (value, place) =>
      isName(value) && value.length <= NAME_LENGTH_MAX ? value : place.expected(`the name of a ${what}`, value),
  });
}

/** The source to ask, for `context.source`; it may always be left out. */
export function source(description = "The source; may be left out when only one is granted.") {
  return new Kind(
    "source",
    description,
    { optional: true },
    {
      schema: { type: "string", minLength: 1 },
      read: (value, place) =>
        typeof value === "string" && value !== "" ? value : place.expected("the name of a source", value),
    },
  );
}

/** A list of things of one kind. */
export function list(description, item, options = {}) {
  const { minItems = 0, maxItems = Infinity, uniqueItems = false } = options;
  const mistakes = [...bounds(options, "minItems", "maxItems", isCount, "a whole number of at least 0")];
  if (!(item instanceof Kind)) {
    mistakes.push('say what it is a list of, as in list("…", text("…"))');
  } else if (!item.isRequired) {
    mistakes.push("what it is a list of can be neither optional nor have a default");
  }
  return new Kind("list", description, options, {
    options: ["minItems", "maxItems", "uniqueItems"],
    mistakes,
    fields: item instanceof Kind && item.isRequired ? { items: item } : {},
    get schema() {
      return defined({
        type: "array",
        items: item.schema,
        minItems: options.minItems,
        maxItems: options.maxItems,
        uniqueItems: options.uniqueItems,
      });
    },
    read(value, place) {
      if (!Array.isArray(value)) {
        return place.expected("a list", value);
      }
      if (value.length < minItems || value.length > maxItems) {
        place.tell(`expected a list ${range("of", minItems, maxItems)} values, found ${value.length}`);
      }
      const seen = new Set();
      const read = value.map((each, index) => {
        const inner = place.inner(index);
        const key = JSON.stringify(each);
        if (uniqueItems && seen.has(key)) {
          inner.tell("stands in the list already");
        }
        seen.add(key);
        return item.read(each, inner);
      });
      return Object.freeze(read);
    },
  });
}

/** Settings within a setting. */
export function object(description, fields, options = {}) {
  const isFields = isObject(fields);
  return new Kind("object", description, options, {
    mistakes: isFields ? [] : ['say what is in it, as in object("…", { name: text("…") })'],
    fields: isFields ? fields : {},
    get schema() {
      return fieldsSchema(fields);
    },
    read: (value, place) => readFields(fields, value, place),
  });
}

/**
 * Limits `warn` and `fail` of a number; the value is a `Thresholds`. Without a direction of the author's the settings
 * say it.
 */
export function thresholds(description, options = {}) {
  const { direction, minimum, maximum } = options;
  const limit = (what) => number(what, defined({ minimum, maximum }));
  const fields = {
    warn: limit("From here on it is noticeable."),
    fail: limit("From here on it is bad."),
    ...(direction === undefined && { direction: choice("Which side of a limit is wrong.", ["below", "above"]) }),
  };
  const isDirection = direction === undefined || direction === "below" || direction === "above";
  return new Kind("thresholds", description, options, {
    options: ["direction", "minimum", "maximum"],
    mistakes: isDirection ? [] : [`direction: expected "below" or "above", found ${shown(direction)}`],
    fields,
    schema: fieldsSchema(fields),
    read(value, place) {
      const limits = readFields(fields, value, place);
      if (limits === undefined || Object.keys(fields).some((name) => limits[name] === undefined)) {
        return undefined;
      }
      const complete = { direction, ...limits };
      const disorder = Thresholds.disorder(complete);
      return disorder === undefined ? new Thresholds(complete) : place.inner("fail").tell(disorder);
    },
  });
}

/**
 * The author's mistakes in fields of settings.
 *
 * @param {Record<string, Kind>} fields
 * @param {string} path of what holds them, for messages
 */
export function fieldMistakes(fields, path) {
  return Object.entries(fields).flatMap(([name, kind]) => {
    const at = `${path}.${name}`;
    if (!/^[a-z][a-z0-9_]*$/.test(name)) {
      return [`${at}: a setting is called in snake_case: lower-case letters, digits and \`_\``];
    }
    if (name in Object.prototype) {
      return [`${at}: the name is reserved by the language, take another one`];
    }
    if (!(kind instanceof Kind)) {
      return [`${at}: say what it must be, as in \`${name}: text("What it is.")\``];
    }
    if ((name === "source") !== (kind.maker === "source") && path === "settings") {
      return [`${at}: the name \`source\` goes with source(), and source() with the name \`source\``];
    }
    return kind.mistakes(at);
  });
}

/** The JSON Schema of fields. */
export function fieldsSchema(fields) {
  const all = Object.entries(fields);
  return {
    type: "object",
    properties: Object.fromEntries(all.map(([name, kind]) => [name, kind.schema])),
    required: all.filter(([, kind]) => kind.isRequired).map(([name]) => name),
    additionalProperties: false,
  };
}

/**
 * Reads a settings document.
 *
 * @param {Record<string, Kind>} fields
 * @param {string} document JSON
 * @returns {{ settings?: object, problems: { path: string, message: string }[] }} settings if there is no problem
 */
export function readDocument(fields, document) {
  const problems = [];
  const place = new Place("", problems);
  let given;
  try {
    given = JSON.parse(document);
  } catch (error) {
    place.tell(`not JSON: ${error.message}`);
    return { problems };
  }
  const settings = readFields(fields, given, place);
  return problems.length > 0 ? { problems } : { settings, problems };
}

function readFields(fields, given, place) {
  if (!isObject(given)) {
    return place.expected("an object", given);
  }
  const known = Object.keys(fields);
  for (const name of Object.keys(given).filter((name) => !known.includes(name))) {
    place
      .inner(name)
      .tell(known.length > 0 ? `unknown setting, expected one of ${known.join(", ")}` : "unknown setting");
  }
  const read = Object.entries(fields).map(([name, kind]) => {
    if (Object.hasOwn(given, name)) {
      return [name, kind.read(given[name], place.inner(name))];
    }
    if (kind.isRequired) {
      place.tell(`missing setting \`${name}\``);
    }
    return [name, kind.absent()];
  });
  return Object.freeze(Object.fromEntries(read));
}

function bounds(options, low, high, isKind, what) {
  const wrong = [low, high].filter((name) => options[name] !== undefined && !isKind(options[name]));
  if (wrong.length > 0) {
    return wrong.map((name) => `${name}: expected ${what}, found ${shown(options[name])}`);
  }
  return options[low] > options[high] ? [`${low} is more than ${high}`] : [];
}

function isCount(value) {
  return Number.isSafeInteger(value) && value >= 0;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function range(word, low, high) {
  if (high === Infinity) {
    return `${word} at least ${low}`;
  }
  return low === 0 ? `${word} at most ${high}` : `${word} ${low} to ${high}`;
}

function defined(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** A value as a message shows it. */
function shown(value) {
  if (typeof value === "number" || value === undefined) {
    return String(value);
  }
  if (Array.isArray(value)) {
    return "a list";
  }
  if (typeof value === "object" && value !== null) {
    return "an object";
  }
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  const characters = [...text.slice(0, 2 * SHOWN_MAX + 2)];
  return characters.length > SHOWN_MAX ? `${characters.slice(0, SHOWN_MAX).join("")}…` : text;
}
