/** JSON leaves these as they are, yet a terminal takes them for orders or lets them turn the text around. */
const INVISIBLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The text with each invisible character as `\uXXXX`, which JSON reads as the same. */
export function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
