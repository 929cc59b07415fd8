// The edge between JavaScript's exceptions and the contract's two ways of not saying: an error and a trap.

import { aborting } from "assay:report/report@1.0.0";

import { CouldNotSay } from "./error.js";

/**
 * An export of which nothing that leaves it loses its words: what is thrown becomes a trap, and its text and stack are
 * passed on first.
 */
export function guarded(work) {
  return (...given) => {
    try {
      return work(...given);
    } catch (error) {
      return trap(error);
    }
  };
}

/** An export that may say that it could not say: a `CouldNotSay` is the contract's error. */
export function fallible(work) {
  return (...given) => {
    try {
      return work(...given);
    } catch (error) {
      if (error instanceof CouldNotSay) {
        // The generated bindings return the payload of what is thrown as the error of the export.
        throw Object.assign(new Error(error.message), { payload: error.message });
      }
      return trap(error);
    }
  };
}

function trap(error) {
  aborting(`${text(error)}\n${original(error?.stack ?? "")}`);
  // Never the thrown value itself: the bindings would return one that has a payload, and nothing would trap.
  throw new Error("told");
}

/** The words of anything that can be thrown. */
function text(thrown) {
  try {
    return String(thrown);
  } catch {
    return "something was thrown that has no text";
  }
}

/** A backtrace in which places are those of the author's files: the build leaves a table of them. */
function original(stack) {
  const { files, lines } = globalThis["assay:origins"] ?? { files: [], lines: [] };
  return String(stack).replace(/component\.js:(\d+):\d+/g, (place, line) => {
    const [file, ofFile] = lines[line - 1] ?? [];
    return file === undefined ? place : `${files[file]}:${ofFile}`;
  });
}
