/** Something that must be so at the end of an example. */
export interface Check {
  /** A sentence that is true when all is well. */
  readonly says: string;
  readonly holds: boolean;
  /** What was seen instead. */
  readonly saw: string;
}

export interface Report {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly checks: readonly Check[];
}

/** A check that two things are the same. */
export function same(says: string, saw: unknown, expected: unknown): Check {
  const [left, right] = [JSON.stringify(saw), JSON.stringify(expected)];
  return { says, holds: left === right, saw: `${left}, expected ${right}` };
}

/** As it goes to stdout: the table, then what held and what did not. */
export function reportText({ title, head, rows, checks }: Report): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [
    title,
    "",
    ...[head, ...rows].map(line),
    "",
    ...checks.map(({ says, holds, saw }) => (holds ? `held      ${says}` : `VIOLATED  ${says}: ${saw}`)),
  ].join("\n");
}
