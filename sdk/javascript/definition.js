// What a check is, and its exports.

import { Context } from "./context.js";
import { CouldNotSay } from "./error.js";
import { fallible, guarded } from "./guard.js";
import { fieldMistakes, fieldsSchema, readDocument } from "./settings.js";
import { Verdict } from "./verdict.js";

const OPTIONS = ["settings", "validate", "run"];

/** A check. Made by `check`. */
class Check {
  constructor(definition) {
    this.settings = definition.settings ?? {};
    this.validate = definition.validate?.bind(definition) ?? (() => []);
    this.run = definition.run.bind(definition);
    Object.freeze(this);
  }
}

/**
 * A check: what its settings are, and how it looks and concludes. It is the default export of `check.js`.
 *
 * @param {{ settings?: object, validate?: Function, run: Function }} definition
 */
export function check(definition) {
  if (typeof definition !== "object" || definition === null) {
    throw new TypeError("check: expected an object, as in check({ settings: { … }, run(context, settings) { … } })");
  }
  const { settings = {}, validate, run } = definition;
  const mistakes = Object.keys(definition)
    .filter((option) => !OPTIONS.includes(option))
    .map((option) => `unknown option \`${option}\`, expected one of ${OPTIONS.join(", ")}`);
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    mistakes.push('settings: expected an object, as in `settings: { table: table("The table.") }`');
  } else {
    mistakes.push(...fieldMistakes(settings, "settings"));
  }
  if (validate !== undefined && typeof validate !== "function") {
    mistakes.push("validate: expected a function, as in `validate(settings) { return []; }`");
  }
  if (typeof run !== "function") {
    mistakes.push("run: expected a function, as in `run(context, settings) { return Verdict.pass(…, rows); }`");
  }
  if (mistakes.length > 0) {
    throw new TypeError(["check:", ...mistakes].join(mistakes.length > 1 ? "\n  " : " "));
  }
  return new Check(definition);
}

/**
 * The exports of a component.
 *
 * @param {object} author the module `check.js`
 * @param {object} manifest what `check.toml` says
 */
export function exportsOf(author, manifest) {
  const made = author.default;
  if (!(made instanceof Check)) {
    const found = made === undefined ? "it has no default export" : "its default export is something else";
    throw new TypeError(`check.js: write \`export default check({ … })\`; ${found}`);
  }
  return {
    describe: guarded(() => metadata(made, manifest)),
    validate: guarded((document) => read(made, document).problems),
    run: fallible((context, document) => conclude(made, new Context(context), document)),
  };
}

function metadata({ settings }, { id, version, title, description, owner, limits = {} }) {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `Settings of ${id}`,
    ...fieldsSchema(settings),
  };
  const requests = Object.entries(limits).map(([name, value]) => ({ name, value: BigInt(value) }));
  return { id, version, title, description, owner, settingsSchema: JSON.stringify(schema), limits: requests };
}

/** Settings, if there is no problem. */
function read(made, document) {
  const found = readDocument(made.settings, document);
  if (found.settings === undefined) {
    return found;
  }
  const told = made.validate(found.settings);
  if (!Array.isArray(told) || told.some((each) => typeof each?.path !== "string" || typeof each.message !== "string")) {
    throw new TypeError('validate: return a list, empty or of problem("/setting", "what is wrong")');
  }
  const problems = told.map(({ path, message }) => ({ path, message }));
  return problems.length > 0 ? { problems } : found;
}

function conclude(made, context, document) {
  const { settings, problems } = read(made, document);
  if (settings === undefined) {
    const told = problems.map(({ path, message }) => `${path || "document"}: ${message}`);
    throw new CouldNotSay(`bad settings: ${told.join("; ")}`);
  }
  const verdict = made.run(context, settings);
  if (typeof verdict?.then === "function") {
    throw new TypeError("run: must not be async: nothing here needs to be waited for");
  }
  if (!(verdict instanceof Verdict)) {
    throw new TypeError(
      `run: return a verdict, as in Verdict.pass("all is well", rows); it returned ${typeof verdict}`,
    );
  }
  const { outcome, summary, examined } = verdict;
  return { outcome, summary, examined };
}
