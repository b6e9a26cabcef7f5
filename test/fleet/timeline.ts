/** Lines that are kept at most; a broken promise is explained by what came shortly before it. */
const LINES_MAX = 4_000;

/** What happened, in the order in which it happened; put into words only when somebody wants to read it. */
export interface Timeline {
  add(who: string, what: string, detail?: unknown): void;
  /** The last lines, as text. */
  print(lines: number): string;
}

interface Line {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly detail: unknown;
}

export function createTimeline(now: () => number): Timeline {
  let lines: Line[] = [];
  return {
    add(who, what, detail) {
      lines.push({ at: now(), who, what, detail });
      if (lines.length > 2 * LINES_MAX) lines = lines.slice(-LINES_MAX);
    },
    print: (count) => lines.slice(-count).map(inWords).join("\n"),
  };
}

function inWords({ at, who, what, detail }: Line): string {
  const time = new Date(at).toISOString().slice(11, 23);
  return `${time}  ${who.padEnd(8)} ${what}${detail === undefined ? "" : `  ${detailInWords(detail)}`}`;
}

function detailInWords(detail: unknown): string {
  if (detail instanceof Error || typeof detail !== "object" || detail === null) return String(detail);
  return Object.entries(detail)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(" ");
}
