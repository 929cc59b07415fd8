// Why a check could not say.

/** What keeps a check from saying: neither pass nor fail. Thrown out of `run` it becomes the run's `error`. */
export class CouldNotSay extends Error {
  /**
   * @param {string} message a sentence for a person
   * @param {{ code?: string, hint?: string, retryable?: boolean }} [problem] what the host said of it
   */
  constructor(message, { code, hint, retryable = false } = {}) {
    super(message);
    this.name = "CouldNotSay";
    /** The code of the problem behind it, for example `denied`; undefined when it is the check's own. */
    this.code = code;
    /** What would make it work, if the host knows. */
    this.hint = hint;
    /** Whether the very same query may succeed later in this run. */
    this.retryable = retryable;
  }
}

/** Runs what calls the host; a `problem` that the bindings throw becomes a `CouldNotSay`. */
export function asking(work) {
  try {
    return work();
  } catch (error) {
    if (typeof error?.payload?.message !== "string") {
      throw error;
    }
    const { message, code, hint, retryable } = error.payload;
    throw new CouldNotSay(message, { code, hint, retryable });
  }
}
