// In place of `assay:report/report@1.0.0`.

import { host } from "./host.js";

export function findings(given) {
  host.findings.push(...given);
  return host.kept;
}

export function metric(name, value, unit, attributes) {
  host.metrics.push({ name, value, unit, attributes });
}

export function log(level, message) {
  host.logs.push({ level, message });
}

export function aborting(message) {
  host.aborting.push(message);
}
