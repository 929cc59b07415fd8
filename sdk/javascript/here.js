// The globals of a component, as a check may use them. Loaded before the check.

import { freeze } from "./frozen.js";
import { hear } from "./log.js";

freeze(globalThis);
hear(globalThis.console);
