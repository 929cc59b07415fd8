import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { component } from "./fake/component.js";
import { answer, host, reset } from "./fake/host.js";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/^```js( check)?\n([^]*?)^```$/gm)].map(([, isCheck, code]) => ({ isCheck, code }));
const folder = await mkdtemp(join(fileURLToPath(new URL(".", import.meta.url)), "readme-"));

after(() => rm(folder, { recursive: true }));
beforeEach(reset);

/** Runs code as a module. */
async function load(code, name) {
  const file = join(folder, `${name}.js`);
  await writeFile(file, code);
  return import(pathToFileURL(file).href);
}

test("the check of the README passes, fails and could not say", async () => {
  const check = component(await load(blocks.find(({ isCheck }) => isCheck).code, "check"));
  const settings = { table: "ds.t", column: "c" };
  const counts = (rows, nulls) => answer({ n_rows: ["int64", [rows]], n_nulls: ["int64", [nulls]] });
  assert.deepEqual(check.validate({ table: "t", max_percent: 101 }), [
    { path: "", message: "missing setting `column`" },
    { path: "/max_percent", message: "expected a number from 0 to 100, found 101" },
  ]);
  counts(100, 5);
  assert.deepEqual(check.run(settings), { outcome: "pass", summary: "5 of 100 values are null", examined: 100n });
  assert.equal(host.asked[0].sql, "SELECT COUNT(*) AS n_rows, COUNTIF(`c` IS NULL) AS n_nulls FROM `ds`.`t`");
  counts(100, 6);
  assert.equal(check.run(settings).outcome, "fail");
  assert.deepEqual(
    [host.findings[0].code, host.findings[0].observed.val, host.findings[0].affected],
    ["too_many_nulls", 6, 6n],
  );
  counts(0, 0);
  assert.deepEqual(check.run(settings), { error: "there are no rows to look at" });
});

test("what the README says of values is so", async () => {
  const told = [];
  globalThis.tell = (value) => told.push(String(value));
  const expected = [];
  for (const [index, { code }] of blocks.filter(({ isCheck }) => !isCheck).entries()) {
    answer({ day: ["date", [20482, 20483]], n: ["int64", [3, 5]], top: ["int64", [2n ** 53n + 1n, null]] });
    const spoken = code.replace(/^( *)(.+); \/\/ (.+)$/gm, (_, indent, expression, value) => {
      expected.push(...value.split(" | "));
      return `${indent}tell(${expression});`;
    });
    await load(spoken, `block-${index}`);
  }
  assert.equal(expected.length, 11);
  assert.deepEqual(told, expected);
});
