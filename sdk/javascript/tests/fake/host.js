// A host that answers as it is told and keeps what it was told.

/** What was asked and said since the last `reset`. */
export const host = { answers: [], asked: [], disposed: 0, findings: [], metrics: [], logs: [], aborting: [], kept: 1 };

export function reset() {
  Object.assign(host, {
    answers: [],
    asked: [],
    disposed: 0,
    findings: [],
    metrics: [],
    logs: [],
    aborting: [],
    kept: 1,
  });
}

/** The next query is answered with these batches, each a record of `[kind, values]` by name; an Error breaks it off. */
export function answer(...batches) {
  const first = batches.find((batch) => !(batch instanceof Error)) ?? {};
  const columns = Object.entries(first).map(([name, [kind]]) => ({
    name,
    kind,
    typeName: kind.toUpperCase(),
    nullable: true,
  }));
  host.answers.push({ columns, batches: batches.map((batch) => (batch instanceof Error ? batch : encoded(batch))) });
}

/** The next query is answered with columns and batches as the contract has them. */
export function answerRaw(columns, ...batches) {
  host.answers.push({ columns, batches });
}

/** The next query is refused. */
export function refuse(problem) {
  host.answers.push(thrown(problem));
}

/** As the generated bindings throw the `problem` of an import. */
export function thrown(problem) {
  return Object.assign(new Error("ComponentError"), { payload: { retryable: false, hint: undefined, ...problem } });
}

/** Columns of a batch as the contract lays them out; null is no value. */
export function encoded(batch) {
  const columns = Object.values(batch).map(([kind, values]) => ({
    validity: values.includes(null) ? bits(values.map((value) => value !== null)) : new Uint8Array(),
    data: data(kind, values),
  }));
  return { rows: Object.values(batch)[0]?.[1].length ?? 0, columns };
}

function data(kind, values) {
  switch (kind) {
    case "int64":
      return { tag: "int64", val: BigInt64Array.from(values, (value) => BigInt(value ?? 7)) };
    case "float64":
      return { tag: "float64", val: Float64Array.from(values, (value) => value ?? 7) };
    case "boolean":
      return { tag: "bits", val: bits(values) };
    case "date":
      return { tag: "days", val: Int32Array.from(values, (value) => value ?? 7) };
    case "time":
    case "datetime":
    case "timestamp":
      return { tag: "micros", val: BigInt64Array.from(values, (value) => value ?? 7n) };
    case "bytes":
      return { tag: "bytes", val: joined(values.map((value) => value ?? new Uint8Array())) };
    default:
      return { tag: "text", val: joined(values.map((value) => new TextEncoder().encode(value ?? ""))) };
  }
}

function joined(parts) {
  const offsets = [0];
  for (const part of parts) {
    offsets.push(offsets.at(-1) + part.length);
  }
  return { offsets: Uint32Array.from(offsets), bytes: Uint8Array.from(parts.flatMap((part) => [...part])) };
}

function bits(values) {
  const packed = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, index) => {
    packed[index >> 3] |= value ? 1 << (index & 7) : 0;
  });
  return packed;
}
