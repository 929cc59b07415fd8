// What a run may know of time and identity.

import { Day } from "./day.js";
import { CouldNotSay } from "./error.js";
import { Timestamp } from "./instant.js";
import { DateSpine } from "./spine.js";

/**
 * What a run may know of time and identity. A check never asks for "today": the same context, settings and data give
 * the same findings.
 */
export class Context {
  /** @param {object} given the contract's record */
  constructor(given) {
    /** Identity of the run. */
    this.runId = given.runId;
    /** Configured name of the check. */
    this.check = given.check;
    /** 1 for the first attempt. */
    this.attempt = given.attempt;
    /** The instant the run was due. */
    this.scheduledFor = new Timestamp(given.scheduledMicros);
    /** The day the run is about, in the time zone of the schedule. */
    this.targetDate = Day.of(given.targetDate);
    /** First instant of the target date in its time zone. */
    this.windowStart = new Timestamp(given.windowStartMicros);
    /** First instant after the target date in its time zone. */
    this.windowEnd = new Timestamp(given.windowEndMicros);
    /** IANA name of the schedule's time zone. */
    this.timeZone = given.timeZone;
    /** Offset of the time zone at the scheduled instant, seconds east of UTC. */
    this.utcOffsetSeconds = given.utcOffsetSeconds;
    /** For sampling; the same for every attempt. A BigInt. */
    this.seed = given.seed;
    /** Nothing of the run is stored. */
    this.dryRun = given.dryRun;
    /** Names of the granted sources, in the order of the configuration. */
    this.sources = Object.freeze([...given.sources]);
    Object.freeze(this);
  }

  /**
   * The source to ask: the one that settings name, or the only one granted.
   *
   * @param {string} [named]
   */
  source(named) {
    if (named !== undefined) {
      return named;
    }
    if (this.sources.length !== 1) {
      throw new CouldNotSay(`name a source in the settings: ${this.sources.length} are granted`);
    }
    return this.sources[0];
  }

  /**
   * The last days up to and including the target date.
   *
   * @param {number} count at least 1
   */
  lastDays(count) {
    if (!Number.isInteger(count) || count < 1) {
      throw new TypeError(`lastDays: expected a whole number of at least 1, found ${String(count)}`);
    }
    return new DateSpine(this.targetDate.plus(1 - count), this.targetDate);
  }
}
