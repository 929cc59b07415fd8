// Makes a component of the check: `node build.js SOURCE WIT COMPONENT`.

import { writeFile } from "node:fs/promises";
import { argv } from "node:process";

import { componentize } from "@bytecodealliance/componentize-js";

const [sourcePath, witPath, output] = argv.slice(2);
const { component } = await componentize({
  sourcePath,
  witPath,
  worldName: "check",
  // Everything that would import WASI: the contract is all there is.
  disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
});
await writeFile(output, component);
