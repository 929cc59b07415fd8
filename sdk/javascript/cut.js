// Texts that have an end.

const ENCODER = new TextEncoder();
const ELLIPSIS_BYTES = 3;

/** Bytes of a text in UTF-8. */
export function bytes(text) {
  return ENCODER.encode(text).length;
}

/**
 * A text of at most so many bytes; one that was cut ends in `…`.
 *
 * @param {string} text
 * @param {number} max at least 3
 */
export function cut(text, max) {
  // Every unit is a byte at least: of a long text no more is looked at than could be needed.
  const head = text.slice(0, max + 1);
  if (head.length === text.length && bytes(text) <= max) {
    return text;
  }
  let room = max - ELLIPSIS_BYTES;
  let kept = "";
  for (const character of head) {
    room -= bytes(character);
    if (room < 0) {
      break;
    }
    kept += character;
  }
  return `${kept}…`;
}
