// There is no clock, no random and no timer. The engine would answer with what was so when the component was built, and
// a check would believe it.

const NOWHERE = "a check has no clock: take the day from `context.targetDate`, the instant from `context.scheduledFor`";
const NO_CHANCE = "a check has no random: sample with `context.seed`";
const NO_TIMER = "a check has no timer: it runs once, from beginning to end";

/**
 * Makes globals throw that have no answer here. `new Date(…)` of a given instant still works.
 *
 * @param {typeof globalThis} globals
 */
export function freeze(globals) {
  const refuse = (why) => () => {
    throw new TypeError(why);
  };
  globals.Date = class Date extends globals.Date {
    constructor(...given) {
      if (given.length === 0) {
        throw new TypeError(NOWHERE);
      }
      super(...given);
    }
  };
  globals.Date.now = refuse(NOWHERE);
  globals.Math.random = refuse(NO_CHANCE);
  for (const name of ["setTimeout", "setInterval"]) {
    globals[name] = refuse(NO_TIMER);
  }
  if (globals.performance !== undefined) {
    replace(globals.performance, "now", refuse(NOWHERE));
  }
  if (globals.crypto !== undefined) {
    replace(globals.crypto, "randomUUID", refuse(NO_CHANCE));
    replace(globals.crypto, "getRandomValues", refuse(NO_CHANCE));
  }
}

/** Own properties hide those of a prototype, which may be read-only. */
function replace(object, name, value) {
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
}
