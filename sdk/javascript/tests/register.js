// Lets tests import what the contract and the build provide: `node --import ./tests/register.js --test`.

import { register } from "node:module";

register("./fake/resolve.js", import.meta.url);
