/**
 * The time rule done by brute force: looks at a wall clock at every minute and does what the rule says in words.
 * Shares no code with src/schedule: its own calendar arithmetic, its own pattern matching, Intl instead of luxon.
 */
const MINUTE = 60_000;

export interface Expected {
  readonly at: string;
  readonly key: string;
  readonly local: string;
  readonly neverExisted: boolean;
}

export type Asked =
  | { readonly kind: "cron"; readonly text: string }
  | { readonly kind: "once_wall"; readonly wall: number }
  | { readonly kind: "once_utc"; readonly utc: number };

export interface Film {
  readonly zone: string;
  /** UTC minutes since 1970, one after the other, and what a wall clock shows at each, read as if it were UTC. */
  readonly frames: readonly { readonly utc: number; readonly wall: number }[];
  /** The UTC minute at which a clock first shows a wall minute. */
  readonly firstShown: ReadonlyMap<number, number>;
  /** Where clocks jump forward: the UTC minute after the jump, and how many wall minutes are left out. */
  readonly jumps: readonly { readonly utc: number; readonly wallAfter: number; readonly leftOut: number }[];
}

/** Looks at a wall clock in the zone once a minute. */
export function filmWallClock(zone: string, from: number, minutes: number): Film {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const frames = Array.from({ length: minutes }, (_, index) => {
    const utc = from + index;
    const parts = new Map(format.formatToParts(utc * MINUTE).map((part) => [part.type, Number(part.value)]));
    const at = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? Number.NaN;
    return { utc, wall: Date.UTC(at("year"), at("month") - 1, at("day"), at("hour"), at("minute")) / MINUTE };
  });
  const firstShown = new Map<number, number>();
  for (const { utc, wall } of frames) if (!firstShown.has(wall)) firstShown.set(wall, utc);
  const jumps = frames.flatMap(({ utc, wall }, index) => {
    const leftOut = wall - (frames[index - 1]?.wall ?? wall) - 1;
    return leftOut > 0 ? [{ utc, wallAfter: wall, leftOut }] : [];
  });
  return { zone, frames, firstShown, jumps };
}

/** What is due at UTC minutes `first` to `last`, both inclusive; the film begins and ends more than a day further out. */
export function expectedOccurrences(film: Film, asked: readonly Asked[], first: number, last: number): Expected[] {
  const recurring = new Set<number>();
  const fixed = new Map<number, Set<number>>();
  const never = new Map<number, Set<number>>();
  const note = (map: Map<number, Set<number>>, utc: number, wall: number) => {
    map.set(utc, (map.get(utc) ?? new Set()).add(wall));
  };
  const walls = [...film.firstShown.keys()].sort((a, b) => a - b);
  const [lowest = 0] = walls;
  const highest = walls.at(-1) ?? 0;
  for (const entry of asked) {
    const isDue =
      entry.kind === "cron" ? matcher(entry.text) : (wall: number) => entry.kind === "once_wall" && wall === entry.wall;
    if (entry.kind === "once_utc") recurring.add(entry.utc);
    else if (entry.kind === "cron" && isRecurring(entry.text)) {
      for (const { utc, wall } of film.frames) if (isDue(wall)) recurring.add(utc);
    } else {
      for (let wall = lowest; wall <= highest; wall++) {
        if (!isDue(wall)) continue;
        const shown = film.firstShown.get(wall);
        const jump = film.jumps.find((it) => wall < it.wallAfter && wall >= it.wallAfter - it.leftOut);
        if (shown !== undefined) note(fixed, shown, wall);
        else if (jump !== undefined) note(jump.leftOut <= 180 ? fixed : never, jump.utc, wall);
      }
    }
  }
  return film.frames.flatMap(({ utc, wall }) => {
    if (utc < first || utc > last) return [];
    const local = text(wall);
    const keyOf = (it: number) => `${text(it)}[${film.zone}]`;
    const lost = [...(never.get(utc) ?? [])].map((it) => ({
      at: text(utc),
      key: keyOf(it),
      local,
      neverExisted: true,
    }));
    const own = fixed.get(utc);
    if (!recurring.has(utc) && own === undefined) return lost.sort(byKey);
    const key = recurring.has(utc) ? `${text(utc)}Z` : keyOf(Math.min(...(own ?? [])));
    return [...lost.sort(byKey), { at: text(utc), key, local, neverExisted: false }];
  });
}

function byKey(a: Expected, b: Expected): number {
  return a.key < b.key ? -1 : 1;
}

export function text(minute: number): string {
  return new Date(minute * MINUTE).toISOString().slice(0, 16);
}

function isRecurring(pattern: string): boolean {
  const [minute = "", hour = ""] = pattern.split(" ");
  return /[*/]/.test(minute + hour);
}

function matcher(pattern: string): (wall: number) => boolean {
  const [minute = [], hour = [], day = [], month = [], weekday = []] = [
    [0, 59],
    [0, 23],
    [1, 31],
    [1, 12],
    [0, 6],
  ].map(([low = 0, high = 0], index) => valuesOf(pattern.split(" ")[index] ?? "", low, high));
  const [, , dayText, , weekdayText] = pattern.split(" ");
  return (wall) => {
    const date = new Date(wall * MINUTE);
    if (!minute.includes(date.getUTCMinutes()) || !hour.includes(date.getUTCHours())) return false;
    if (!month.includes(date.getUTCMonth() + 1)) return false;
    const dayHolds = day.includes(date.getUTCDate());
    const weekdayHolds = weekday.includes(date.getUTCDay());
    return dayText === "*" || weekdayText === "*" ? dayHolds && weekdayHolds : dayHolds || weekdayHolds;
  };
}

function valuesOf(field: string, lowest: number, highest: number): number[] {
  const values: number[] = [];
  for (const part of field.split(",")) {
    const [range = "", step = "1"] = part.split("/");
    const [low = "", high = low] = range === "*" ? [String(lowest), String(highest)] : range.split("-");
    for (let value = Number(low); value <= Number(high); value += Number(step)) values.push(value);
  }
  return values;
}
