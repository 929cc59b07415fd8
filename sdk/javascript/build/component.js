// A module as a component: the same bytes whenever and wherever it is made.

import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { chdir } from "node:process";

import { SOURCE } from "./bundle.js";
import { engine } from "./engine.js";

/** Where the generated bindings stand, as the engine sees them. */
const BINDINGS = "/bindings";
/** Where they stand really, in what componentize-js tells the engine. */
const INITIALIZER = /--initializer-script-path (.+)\/initializer\.js --strip-path-prefix /;

/**
 * @param {import("./tools.js").Tools} tools
 * @param {{ source: string, origins: import("./origins.js").Origins, wit: string, stage: string }} places `source`
 *   stands in `stage`
 * @returns {Promise<Uint8Array>}
 */
export async function component(tools, { source, origins, wit, stage }) {
  const prepared = await engine(tools, stage);
  chdir(stage);
  holdClock();
  holdPaths();
  const { componentize } = await tools.load("@bytecodealliance/componentize-js");
  try {
    const made = await componentize({
      sourcePath: source,
      witPath: wit,
      worldName: "check",
      engine: prepared,
      // Everything that would import WASI: the contract is all there is.
      disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
    });
    return made.component;
  } catch (error) {
    throw new Error(origins.told(thrown(error.message)));
  }
}

/** What the check threw while it was loaded, without what the engine says around it; or all, if it is something else. */
function thrown(message) {
  const asked = /attempted to call an unknown imported function: '[^']*' '([^']*)'/.exec(message)?.[1];
  if (asked !== undefined) {
    return `check.js cannot be loaded: it asks the host for \`${asked}\`, which only \`run\` may`;
  }
  const found =
    /Exception while evaluating top-level script\n([^]*?)(?:Additionally, some promises[^]*?(\nStack:[^]*))?$/.exec(
      message,
    );
  if (found === null) {
    return message;
  }
  const [, words, stack = ""] = found;
  const told = words.trimEnd().replaceAll(new RegExp(`^${SOURCE}:\\d+:\\d+ ?`, "gm"), "");
  return `check.js cannot be loaded: ${told}${stack.trimEnd()}`;
}

/** In place of the clock the time of the build is written into a component. */
function holdClock() {
  Date.now = () => 0;
}

/** The engine keeps the paths that it was started with: it is shown the same ones in every build. */
function holdPaths() {
  const spawn = childProcess.spawnSync;
  childProcess.spawnSync = (program, args, options) => {
    const initializer = INITIALIZER.exec(options?.input ?? "")?.[1];
    if (initializer === undefined) {
      return spawn(program, args, options);
    }
    const mapped = args.map((arg) => (arg === `--dir=${initializer}` ? `--mapdir=${BINDINGS}::${initializer}` : arg));
    const input = `--initializer-script-path ${BINDINGS}/initializer.js --strip-path-prefix / ${SOURCE}`;
    return spawn(program, mapped, { ...options, input });
  };
  syncBuiltinESMExports();
}
