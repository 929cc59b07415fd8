// Whole numbers on their way to the contract.

/**
 * A count as the contract takes it.
 *
 * @param {unknown} value a whole number that is not negative
 * @param {string} what for the message
 * @returns {bigint}
 */
export function whole(value, what) {
  const isWhole =
    typeof value === "bigint" ? value >= 0n && value < 1n << 64n : Number.isSafeInteger(value) && value >= 0;
  if (!isWhole) {
    throw new TypeError(`${what}: expected a whole number of at least 0, found ${String(value)}`);
  }
  return BigInt(value);
}
