// Where the modules are that a component imports by name.

const PLACES = {
  assay: "../../index.js",
  "assay:query/query@1.0.0": "./query.js",
  "assay:report/report@1.0.0": "./report.js",
};

export function resolve(specifier, context, next) {
  const place = PLACES[specifier];
  return place === undefined
    ? next(specifier, context)
    : { url: new URL(place, import.meta.url).href, shortCircuit: true };
}
