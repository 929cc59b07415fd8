// The check, the SDK and what they import as one module.

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Origins } from "./origins.js";

/** Name of the module. */
export const SOURCE = "component.js";
/** Modules that the host provides. */
const CONTRACT = /^assay:/;

/**
 * Writes the module. At its end stands where each of its lines comes from, for backtraces.
 *
 * @param {import("./tools.js").Tools} tools
 * @param {{ check: string, sdk: string, manifest: string, stage: string }} places
 * @returns {Promise<{ source: string, origins: Origins }>} its path, and where its lines come from
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
  // Names of functions and classes are what a backtrace is read by.
  const options = { format: "esm", keepNames: true, minify: false, sourcemap: "hidden" };
  const { output } = await build.generate({ file: join(stage, SOURCE), ...options });
  await build.close();
  const [{ code, map }] = output;
  const origins = new Origins(code, map, { stage, check, sdk, manifest });
  const source = join(stage, SOURCE);
  await writeFile(source, `${code}\n${origins.statement()}\n`);
  return { source, origins };
}
