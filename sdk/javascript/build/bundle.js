// The check, the SDK and what they import as one module.

import { existsSync } from "node:fs";
import { join } from "node:path";

/** Modules that the host provides. */
const CONTRACT = /^assay:/;

/**
 * Writes the module.
 *
 * @param {import("./tools.js").Tools} tools
 * @param {{ check: string, sdk: string, manifest: string, stage: string }} places
 * @returns {Promise<string>} its path
 */
export async function bundle(tools, { check, sdk, manifest, stage }) {
  const places = {
    assay: join(sdk, "index.js"),
    "assay-check": join(check, "check.js"),
    "assay-manifest": manifest,
  };
  if (!existsSync(places["assay-check"])) {
    throw new Error(`${places["assay-check"]}: no such file: it is where a check begins`);
  }
  const { rolldown } = await tools.load("rolldown");
  const resolver = {
    name: "assay",
    async resolveId(specifier, importer, options) {
      if (CONTRACT.test(specifier)) {
        return { id: specifier, external: true };
      }
      if (Object.hasOwn(places, specifier)) {
        return places[specifier];
      }
      const found = await this.resolve(specifier, importer, { ...options, skipSelf: true });
      if (found === null || found.external) {
        this.error(`${importer}: cannot import \`${specifier}\`: it is neither a file nor an installed package`);
      }
      return found;
    },
  };
  const build = await rolldown({
    input: join(sdk, "entry.js"),
    cwd: stage,
    platform: "neutral",
    resolve: { mainFields: ["module", "main"] },
    plugins: [resolver],
    // A default export that is not there is told by the SDK, in the author's words.
    onLog: (level, log, report) => log.code === "IMPORT_IS_UNDEFINED" || report(level, log),
    // Comments with paths would make a component depend on where it was built.
    experimental: { attachDebugInfo: "none" },
  });
  const source = join(stage, "check.js");
  // Names of functions and classes are what a backtrace is read by.
  await build.write({ file: source, format: "esm", keepNames: true, minify: false, sourcemap: false });
  await build.close();
  return source;
}
