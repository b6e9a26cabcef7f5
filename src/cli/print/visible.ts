/** Control characters, halves of characters, and what breaks lines or turns the direction of text around. */
const INVISIBLE = /[\p{Control}\p{Surrogate}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text from outside with everything escaped that could move a cursor, colour a terminal or hide other text. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => NAMED[character] ?? escaped(character));
}

/** The same for text of several lines: line ends stay. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code <= 0xff ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
