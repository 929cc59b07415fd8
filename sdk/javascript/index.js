// Everything a check is written with.

export { Baseline } from "./baseline.js";
export { Context } from "./context.js";
export { Day } from "./day.js";
export { check } from "./definition.js";
export { CouldNotSay } from "./error.js";
export { Finding } from "./finding.js";
export { quote } from "./identifier.js";
export { DateTime, TimeOfDay, Timestamp } from "./instant.js";
export { log } from "./log.js";
export { metric } from "./metric.js";
export { Query, query } from "./query.js";
export { Rows } from "./rows.js";
export {
  boolean,
  choice,
  column,
  date,
  integer,
  list,
  number,
  object,
  problem,
  source,
  table,
  text,
  thresholds,
} from "./settings.js";
export { DateSpine } from "./spine.js";
export { Thresholds } from "./thresholds.js";
export { Verdict } from "./verdict.js";
