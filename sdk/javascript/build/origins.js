// Where the lines of the bundled module come from.

import { SourceMap } from "node:module";
import { relative, resolve, sep } from "node:path";

/** Where the lines of a bundled module come from. */
export class Origins {
  /** Files, as a backtrace names them. */
  #files = [];
  /** For each line the place of its file, and its line there; none where a line is the bundler's own. */
  #lines;

  /**
   * @param {string} code
   * @param {object} map its source map
   * @param {{ stage: string, check: string, sdk: string, manifest: string }} places the map is relative to `stage`
   */
  constructor(code, map, places) {
    const entries = new SourceMap({ ...map, sourceRoot: "" });
    this.#lines = code.split("\n").map((line, index) => {
      const entry = entries.findEntry(index, line.search(/\S|$/));
      if (entry.originalSource === undefined || entry.generatedLine !== index) {
        return [];
      }
      return [this.#file(named(resolve(places.stage, entry.originalSource), places)), entry.originalLine + 1];
    });
  }

  /** Text in which places in the module are places in the author's files. */
  told(text) {
    return text.replace(/component\.js:(\d+):\d+/g, (place, line) => {
      const [file, original] = this.#lines[line - 1] ?? [];
      return file === undefined ? place : `${this.#files[file]}:${original}`;
    });
  }

  /** The statement by which the module itself knows; see guard.js. */
  statement() {
    return `globalThis["assay:origins"] = ${JSON.stringify({ files: this.#files, lines: this.#lines })};`;
  }

  #file(name) {
    const known = this.#files.indexOf(name);
    return known === -1 ? this.#files.push(name) - 1 : known;
  }
}

/** The name of a file wherever it was built: of the check, of a package, or of the SDK. */
function named(path, { check, sdk, manifest }) {
  if (path === manifest) {
    return "assay-manifest.js";
  }
  const within = (folder) => path.startsWith(`${folder}${sep}`) && relative(folder, path).split(sep).join("/");
  const packages = path.lastIndexOf(`${sep}node_modules${sep}`);
  const ofSdk = within(sdk);
  return (
    (ofSdk && `assay/${ofSdk}`) ||
    (packages !== -1 &&
      path
        .slice(packages + 1)
        .split(sep)
        .join("/")) ||
    within(check) ||
    "elsewhere"
  );
}
