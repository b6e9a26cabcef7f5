const SHOWN_LENGTH_MAX = 80;

/** A text from outside for a message: cut, and with control characters escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text);
}
