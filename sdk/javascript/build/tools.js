// Packages that the check's package-lock.json pins.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Packages as they are found from a folder. */
export class Tools {
  #folder;

  /** @param {string} folder of the check */
  constructor(folder) {
    this.#folder = folder;
  }

  /** The folder of a package. */
  folder(name) {
    for (let place = this.#folder; ; place = dirname(place)) {
      const folder = join(place, "node_modules", name);
      if (existsSync(join(folder, "package.json"))) {
        return folder;
      }
      if (place === dirname(place)) {
        throw new Error(`\`${name}\` is not installed: run \`npm ci --ignore-scripts\` beside package.json`);
      }
    }
  }

  /** The module of a package. */
  async load(name) {
    const folder = this.folder(name);
    const { exports, main } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const entry = exports?.["."] ?? exports;
    const file =
      typeof entry === "string" ? entry : (entry?.import?.default ?? entry?.import ?? entry?.default ?? main);
    return import(pathToFileURL(join(folder, file)).href);
  }
}
