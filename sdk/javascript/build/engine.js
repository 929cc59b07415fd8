// The engine, with a clock that stands and a random that is none: otherwise no two components of one check are alike.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execPath, pid } from "node:process";
import { fileURLToPath } from "node:url";

const STILL = fileURLToPath(new URL("still.wat", import.meta.url));

/**
 * The path of the engine; it is made once for an installation of the tools and kept beside them.
 *
 * @param {import("./tools.js").Tools} tools
 * @param {string} stage for what is made on the way
 */
export async function engine(tools, stage) {
  const original = join(tools.folder("@bytecodealliance/componentize-js"), "lib/starlingmonkey_embedding.wasm");
  const binaryen = tools.folder("binaryen");
  const hash = createHash("sha256");
  for (const part of [original, STILL, join(binaryen, "package.json")]) {
    hash.update(await readFile(part));
  }
  const kept = join(dirname(binaryen), ".cache/assay", `engine-${hash.digest("hex").slice(0, 16)}.wasm`);
  if (!existsSync(kept)) {
    await mkdir(dirname(kept), { recursive: true });
    const still = join(stage, "still.wasm");
    const draft = `${kept}.${pid}`;
    run(binaryen, "wasm-as", ["--enable-bulk-memory", STILL, "-o", still]);
    run(binaryen, "wasm-merge", ["--all-features", original, "main", still, "wasi_snapshot_preview1", "-o", draft]);
    await rename(draft, kept);
  }
  return kept;
}

function run(binaryen, program, args) {
  const { status, stderr, error } = spawnSync(execPath, [join(binaryen, "bin", program), ...args], {
    encoding: "utf8",
  });
  if (status !== 0) {
    throw new Error(`${program}: ${error?.message ?? stderr}`);
  }
}
