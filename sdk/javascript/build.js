// Makes a component of a check: `node build.js CHECK SDK MANIFEST WIT COMPONENT`.
//
// CHECK is the folder of check.js, SDK that of this file, MANIFEST the generated module, and WIT a folder with the world
// and, in `deps`, what it imports. The tools are those of the `node_modules` in CHECK or above it.

import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process, { argv, exit, pid, stderr } from "node:process";

import { bundle } from "./build/bundle.js";
import { component } from "./build/component.js";
import { Tools } from "./build/tools.js";

const paths = argv.slice(2).map((path) => resolve(path));
if (paths.length !== 5) {
  stderr.write("expected: node build.js CHECK SDK MANIFEST WIT COMPONENT\n");
  exit(2);
}
const [check, sdk, manifest, wit, output] = paths;
const stage = await mkdtemp(join(tmpdir(), "assay-check-"));
try {
  const tools = new Tools(check);
  const bundled = await bundle(tools, { check, sdk, manifest, stage });
  const bytes = await component(tools, { ...bundled, wit, stage });
  // Whole or not at all: another process may be reading it.
  const draft = `${output}.${pid}`;
  await writeFile(draft, bytes);
  await rename(draft, output);
} catch (error) {
  // The bundler finds several errors at once, and prints its own backtrace with all of them.
  const told = error?.errors?.map(({ message }) => message) ?? [error?.message ?? error];
  stderr.write(`${told.join("\n")}\n`);
  process.exitCode = 1;
} finally {
  await rm(stage, { recursive: true, force: true });
}
