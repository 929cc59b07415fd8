import assert from "node:assert/strict";
import { test } from "node:test";

import { Origins } from "../build/origins.js";

test("a place in the bundled module is one in the author's files, wherever they were built", () => {
  const code = ["//bundled", "one();", "  two();", "three();", "four();"].join("\n");
  // Lines 2 to 5 come from line 11 of check.js, 12 of deep/more.js, 1 of the SDK and 3 of a package.
  const mappings = ";AAUA;ECCA;ACXA;ACEA";
  const told = ["/a/b", "/somewhere/else"].map((root) => {
    const places = {
      stage: "/tmp/stage",
      check: `${root}/check`,
      sdk: `${root}/sdk`,
      manifest: `${root}/assay-manifest.js`,
    };
    const files = ["check/check.js", "check/deep/more.js", "sdk/rows.js", "node_modules/pkg/index.js"];
    const map = { version: 3, sources: files.map((file) => `../..${root}/${file}`), names: [], mappings };
    const origins = new Origins(code, map, places);
    const trace = [1, 2, 3, 4, 5, 99].map((line) => `f@component.js:${line}:7`).join("\n");
    assert.doesNotMatch(origins.statement(), /stage|somewhere|a\/b/);
    return origins.told(trace);
  });
  assert.equal(told[0], told[1]);
  assert.deepEqual(told[0].split("\n"), [
    "f@component.js:1:7",
    "f@check.js:11",
    "f@deep/more.js:12",
    "f@assay/rows.js:1",
    "f@node_modules/pkg/index.js:3",
    "f@component.js:99:7",
  ]);
});
