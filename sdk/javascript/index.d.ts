// What a check of assay in JavaScript is written with.

/** What a setting must be; `T` is its value. */
export interface Kind<T> {
  readonly description: string;
  /** Only for the compiler. */
  readonly "~value"?: T;
}

/** Whether a document may do without a setting, and what stands then: the one or the other, or neither. */
export type Absent<Json> = { optional?: false; default?: Json } | { optional: true; default?: undefined };

type Value<T, O> = O extends { optional: true } ? T | undefined : T;

export type TextOptions = { minLength?: number; maxLength?: number; pattern?: string };
export type NumberOptions = {
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
};
export type ListOptions = { minItems?: number; maxItems?: number; uniqueItems?: boolean };

export type Fields = Record<string, Kind<unknown>>;
/** The values of settings. */
export type Values<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends Kind<infer T> ? T : never;
};

/** Text. */
export function text<const O extends TextOptions & Absent<string> = {}>(
  description: string,
  options?: O,
): Kind<Value<string, O>>;
/** A number; never NaN. */
export function number<const O extends NumberOptions & Absent<number> = {}>(
  description: string,
  options?: O,
): Kind<Value<number, O>>;
/** A whole number that a Number holds exactly. */
export function integer<const O extends NumberOptions & Absent<number> = {}>(
  description: string,
  options?: O,
): Kind<Value<number, O>>;
/** True or false. */
export function boolean<const O extends Absent<boolean> = {}>(
  description: string,
  options?: O,
): Kind<Value<boolean, O>>;
/** One of some texts. */
export function choice<const V extends readonly string[], const O extends Absent<V[number]> = {}>(
  description: string,
  values: V,
  options?: O,
): Kind<Value<V[number], O>>;
/** A day, written as 2026-01-30. */
export function date<const O extends Absent<string> = {}>(description: string, options?: O): Kind<Value<Day, O>>;
/** The name of a table, to be quoted with `quote`. */
export function table<const O extends Absent<string> = {}>(description: string, options?: O): Kind<Value<string, O>>;
/** The name of a column, to be quoted with `quote`. */
export function column<const O extends Absent<string> = {}>(description: string, options?: O): Kind<Value<string, O>>;
/** The source to ask, for `context.source`; it may always be left out. */
export function source(description?: string): Kind<string | undefined>;
/** A list of things of one kind. */
export function list<T, const O extends ListOptions & Absent<readonly unknown[]> = {}>(
  description: string,
  item: Kind<T>,
  options?: O,
): Kind<Value<readonly T[], O>>;
/** Settings within a setting. */
export function object<F extends Fields, const O extends Absent<object> = {}>(
  description: string,
  fields: F,
  options?: O,
): Kind<Value<Values<F>, O>>;
/** Limits `warn` and `fail` of a number. Without a direction here the settings say it. */
export function thresholds<
  const O extends { direction?: Direction; minimum?: number; maximum?: number } & Absent<{
    warn: number;
    fail: number;
    direction?: Direction;
  }> = {},
>(description: string, options?: O): Kind<Value<Thresholds, O>>;

/** Something wrong with a settings document. */
export interface Problem {
  /** JSON Pointer to the place; empty for the document. */
  readonly path: string;
  readonly message: string;
}
/** Something wrong with settings that each by itself are right. */
export function problem(path: string, message: string): Problem;

/** A check; the default export of `check.js`. */
export interface Check {
  readonly "~check": never;
}
/** What a check is. */
export interface Definition<F extends Fields> {
  /** What its settings are, by name. */
  settings?: F;
  /** What is wrong with settings that have the right shape. */
  validate?(settings: Values<F>): readonly Problem[];
  /** Looks at the data and concludes. A `CouldNotSay` that leaves it is an error, anything else a trap. */
  run(context: Context, settings: Values<F>): Verdict;
}
/** A check: what its settings are, and how it looks and concludes. */
export function check<F extends Fields = {}>(definition: Definition<F>): Check;

/**
 * What a run may know of time and identity. A check never asks for "today": the same context, settings and data give
 * the same findings.
 */
export class Context {
  private constructor();
  /** Identity of the run. */
  readonly runId: string;
  /** Configured name of the check. */
  readonly check: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The instant the run was due. */
  readonly scheduledFor: Timestamp;
  /** The day the run is about, in the time zone of the schedule. */
  readonly targetDate: Day;
  /** First instant of the target date in its time zone. */
  readonly windowStart: Timestamp;
  /** First instant after the target date in its time zone. */
  readonly windowEnd: Timestamp;
  /** IANA name of the schedule's time zone. */
  readonly timeZone: string;
  /** Offset of the time zone at the scheduled instant, seconds east of UTC. */
  readonly utcOffsetSeconds: number;
  /** For sampling; the same for every attempt. */
  readonly seed: bigint;
  /** Nothing of the run is stored. */
  readonly dryRun: boolean;
  /** Names of the granted sources, in the order of the configuration. */
  readonly sources: readonly string[];
  /** The source to ask: the one that settings name, or the only one granted. */
  source(named?: string): string;
  /** The last days up to and including the target date; `count` is at least 1. */
  lastDays(count: number): DateSpine;
}

/** A day of the calendar. The same day is the same object: compare with `===`, `<`, `>`, and use it as a key. */
export class Day {
  private constructor();
  /** From days since 1970-01-01. */
  static of(days: number): Day;
  /** From text as 2026-01-30. */
  static parse(text: string): Day;
  /** Days since 1970-01-01. */
  readonly days: number;
  readonly weekday: Weekday;
  /** The day some days later, or earlier. */
  plus(days: number): Day;
  /** Days from this day to another; negative when that is earlier. */
  until(other: Day): number;
  toString(): string;
  toJSON(): string;
  valueOf(): number;
}
export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

declare class Micros {
  /** From microseconds. */
  constructor(micros: bigint);
  readonly micros: bigint;
  /** Two objects of the same instant are not `===`. */
  equals(other: unknown): boolean;
  toString(): string;
  toJSON(): string;
  valueOf(): bigint;
}
/** An instant; microseconds since 1970-01-01 00:00 UTC. */
export class Timestamp extends Micros {
  /** The day it is there. */
  day(utcOffsetSeconds?: number): Day;
  plusSeconds(seconds: number): Timestamp;
  /** Seconds from this instant to another; negative when that is earlier. */
  secondsUntil(other: Timestamp): number;
}
/** A time of the calendar in no zone. */
export class DateTime extends Micros {
  readonly day: Day;
}
/** A time of day; microseconds since midnight. */
export class TimeOfDay extends Micros {}

/** The days from a first to a last one, all of them or those of some weekdays. */
export class DateSpine implements Iterable<Day> {
  constructor(start: Day, end: Day, options?: { weekdays?: readonly Weekday[] });
  readonly start: Day;
  readonly end: Day;
  /** How many days there are. */
  readonly size: number;
  [Symbol.iterator](): IterableIterator<Day>;
  has(day: Day): boolean;
  /** The days that are not among those seen, in order. */
  missing(seen: Iterable<Day>): Day[];
  /** Days of the spine as text, adjacent ones as one span: `2026-01-18..2026-01-20, 2026-01-24`. */
  spans(days: Iterable<Day>): string;
  /** The span of some days that a day lies in; of none, the day itself. */
  around(day: Day, days: Iterable<Day>): string;
}

export type Direction = "below" | "above";
/** From when on a number is noticeable, and from when on it is bad. A number at a limit is fine. */
export class Thresholds {
  constructor(limits: { warn: number; fail: number; direction: Direction });
  readonly warn: number;
  readonly fail: number;
  readonly direction: Direction;
  /** What is wrong with the order of two limits, as a settings problem says it; undefined if nothing is. */
  static disorder(limits: { warn: number; fail: number; direction: Direction }, name?: string): string | undefined;
  /** NaN is an error, never fine. */
  judge(value: number | bigint): "fine" | "warn" | "fail";
}

/** What was usual, of a series of earlier values. */
export class Baseline {
  private constructor();
  /** Fewer values than `atLeast`, and NaN among them, are errors: not enough history to say. */
  static of(values: Iterable<number | bigint>, options: { atLeast: number }): Baseline;
  readonly count: number;
  readonly median: number;
  /** Median of the distances from the median. */
  readonly mad: number;
  readonly mean: number;
  /** Of a sample (n − 1). */
  readonly standardDeviation: number;
  /** How far a value is from what was usual, as a robust z-score. */
  deviation(value: number | bigint): number;
  /** How much more than the median a value is, in percent of it; an error when the median is 0. */
  changePercent(value: number | bigint): number;
}

/** Types a column can be asked for as, and the values that come. */
export interface Types {
  /** A whole number; beyond 2^53 − 1 an error. */
  integer: number;
  /** A whole number of 64 bits. */
  bigint: bigint;
  /** A double; NaN and infinities are values. */
  number: number;
  boolean: boolean;
  text: string;
  /** An exact number in plain notation. */
  decimal: string;
  /** A parsed document. */
  json: any;
  bytes: Uint8Array;
  date: Day;
  time: TimeOfDay;
  datetime: DateTime;
  /** An instant; a time in no zone is taken as UTC. */
  timestamp: Timestamp;
  /** Whatever the column is. */
  any: Cell;
}
export type Cell = bigint | number | boolean | string | Uint8Array | Day | TimeOfDay | DateTime | Timestamp;
/** Type by name of column; with `?` at the end null is allowed. */
export type Shape = Record<string, keyof Types | `${keyof Types}?`>;
export type Row<S extends Shape> = {
  [Name in keyof S]: S[Name] extends `${infer T extends keyof Types}?`
    ? Types[T] | null
    : S[Name] extends keyof Types
      ? Types[S[Name]]
      : never;
};

/** A value that can be bound. */
export type Parameter =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Day
  | DateTime
  | Timestamp
  | null
  | readonly (number | bigint)[]
  | readonly string[]
  | readonly Day[]
  | readonly Timestamp[];
export type Scalar = "boolean" | "int64" | "float64" | "text" | "bytes" | "date" | "datetime" | "timestamp" | "decimal";
export type ParameterKind = Scalar | "int64[]" | "float64[]" | "text[]" | "date[]" | "timestamp[]";

/** A statement for a source. Values are bound with `bind`, never written into the text. */
export function query(source: string, sql: string): Query;
/** A statement with its parameters. */
export class Query {
  private constructor();
  /**
   * The statement with `@name` bound. The kind follows from the value, and is said where it does not: for null, for an
   * empty list, and for a whole number that is to be a double.
   */
  bind(name: string, value: Parameter, kind?: ParameterKind): Query;
  /** Binds `@name` if the statement names it. */
  bindIfNamed(name: string, value: Parameter, kind?: ParameterKind): Query;
  /** Asks; the rows are to be read once. Without a shape every column is as it is, nulls allowed. */
  rows(): Rows<Record<string, Cell | null>>;
  rows<const S extends Shape>(shape: S): Rows<Row<S>>;
  /** Asks, and answers with the one row of an answer that must have exactly one. */
  onlyRow(): Record<string, Cell | null>;
  onlyRow<const S extends Shape>(shape: S): Row<S>;
}
/** The rows of an answer, read forward once; an answer that breaks off throws. */
export class Rows<R> implements Iterable<R> {
  private constructor();
  /** Names of the answer's columns. */
  readonly columns: string[];
  [Symbol.iterator](): IterableIterator<R>;
  only(): R;
}

/** A dotted name in backticks, part by part. For names only; values are bound. */
export function quote(name: string): string;

export type Severity = "critical" | "high" | "medium" | "low";
export interface FindingOptions {
  /** Less bad than the check as a whole. */
  severity?: Severity | undefined;
  source?: string | undefined;
  table?: string | undefined;
  column?: string | undefined;
  /** The day it is about. */
  date?: Day | undefined;
  /** The partition, segment or key it is about. */
  partition?: string | undefined;
  /** What was seen. */
  observed?: number | bigint | string | Day | Timestamp | undefined;
  /** What should have been. */
  expected?: number | bigint | string | Day | Timestamp | undefined;
  /** Unit of observed and expected. */
  unit?: string | undefined;
  /** Rows or things affected. */
  affected?: number | bigint | undefined;
  /** A few rows that show it; those for which there is no room are left out. */
  samples?: readonly Record<string, unknown>[] | undefined;
  /** What a person could do about it. */
  remediation?: string | undefined;
  attributes?: Record<string, unknown> | undefined;
}
/** One observation that is not as it should be. Nothing is said until `report`. */
export class Finding {
  /** With a stable code in snake_case and one sentence for a person. */
  constructor(code: string, message: string, options?: FindingOptions);
  /** The finding with further or other options. */
  with(options: FindingOptions): Finding;
  /** Says it; whether the host kept it. */
  report(): boolean;
}

/** A number for trends; not a finding. */
export function metric(name: string, value: number | bigint, unit?: string, attributes?: Record<string, string>): void;

/** Lines for the run's log. */
export const log: Record<"debug" | "info" | "warn" | "error", (message: string) => void>;

/** A check's conclusion. */
export class Verdict {
  private constructor();
  /** The check looked, and all is well. A pass on 0 rows is not a pass. */
  static pass(summary: string, examined: number | bigint): Verdict;
  /** Noticeable, not bad. */
  static warn(summary: string, examined?: number | bigint): Verdict;
  /** The data is not as it must be. */
  static fail(summary: string, examined?: number | bigint): Verdict;
  /** Not applicable, by a positive fact; never "could not check". */
  static skip(reason: string): Verdict;
  readonly outcome: "pass" | "warn" | "fail" | "skip";
  readonly summary: string;
  readonly examined: bigint | undefined;
}

/** What keeps a check from saying: neither pass nor fail. */
export class CouldNotSay extends Error {
  constructor(message: string, problem?: { code?: string; hint?: string; retryable?: boolean });
  /** The code of the host's problem behind it, for example `denied`. */
  readonly code: string | undefined;
  readonly hint: string | undefined;
  /** Whether the very same query may succeed later in this run. */
  readonly retryable: boolean;
}
