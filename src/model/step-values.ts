/**
 * Whether a key of `Step.values` is the name of a capture, which holds letters, digits and `_` alone. The others are what
 * templates name of an answer: `json$.a.b`, `header:name`, `text$`.
 */
export function isCaptureName(key: string): boolean {
  return !/[$:]/.test(key);
}
