/**
 * Whether a URL is the one that a pattern names: the same whole URL, or one in which each `*` stands for any characters.
 * Takes time in proportion to the lengths, whatever the pattern.
 */
export function fitsUrl(url: string, pattern: string): boolean {
  if (url === pattern || url === written(pattern)) return true;
  if (!pattern.includes("*")) return false;
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop() ?? "";
  if (!url.startsWith(first) || !url.endsWith(last) || url.length < first.length + last.length) return false;
  const inside = url.slice(first.length, url.length - last.length);
  let at = 0;
  for (const piece of rest) {
    const found = inside.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return true;
}

/** The URL as it is sent: `http://host` is `http://host/`. */
function written(pattern: string): string {
  return URL.canParse(pattern) ? new URL(pattern).href : pattern;
}
