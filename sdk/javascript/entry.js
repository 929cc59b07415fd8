// The component: the author's check and what `check.toml` says, as the exports of the contract. The build says where
// `assay-check` and `assay-manifest` are.

import "./here.js";

import * as author from "assay-check";
import { MANIFEST } from "assay-manifest";

import { exportsOf } from "./definition.js";

export const { describe, validate, run } = exportsOf({ default: author["default"] }, MANIFEST);
