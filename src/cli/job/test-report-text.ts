import { exactLength } from "../../model/exact-length.ts";
import type { TestReport } from "../../rehearsal/rehearse.ts";
import { cellText } from "../print/cell-text.ts";
import type { Paint } from "../print/paint.ts";
import { textTable } from "../print/table.ts";
import { visible, visibleLines } from "../print/visible.ts";

/** How many requests of a failed test are shown from its beginning, and from its end. */
const REQUESTS_SHOWN = 15;
const DIFFERENCES_SHOWN = 20;

/** One test as people read it: a line when it is ok, else what is otherwise and what the run did. */
export function reportText(report: TestReport, paint: Paint): string {
  const { name, differences, requests, tookMs } = report;
  const count = requests.length === 1 ? "1 request" : `${requests.length} requests`;
  const facts = paint("quiet", `(${count}, ${exactLength(tookMs)})`);
  if (differences.length === 0) return `  ${paint("good", "ok")}      ${visible(name)}  ${facts}`;
  const more = differences.length - DIFFERENCES_SHOWN;
  return [
    `  ${paint("bad", "failed")}  ${visible(name)}  ${facts}`,
    ...differences
      .slice(0, DIFFERENCES_SHOWN)
      .flatMap((it) => [
        `            ${visible(it.about)}`,
        `              ${paint("quiet", "expected")}  ${indented(it.expected)}`,
        `              ${paint("quiet", "got")}       ${indented(it.got)}`,
      ]),
    ...(more > 0 ? [`            and ${more} more differences`] : []),
    ...endLines(report, paint),
    ...requestLines(report, paint),
    ...unusedLines(report, paint),
  ].join("\n");
}

function indented(text: string): string {
  return visibleLines(text).split("\n").join("\n                        ");
}

function endLines({ result, reason }: TestReport, paint: Paint): readonly string[] {
  if (result === undefined) return [];
  const because = reason === undefined ? "" : `: ${visible(reason)}`;
  return [`            ${paint("quiet", "it ended")}    ${result}${because}`];
}

function requestLines({ requests }: TestReport, paint: Paint): readonly string[] {
  if (requests.length === 0) return [`            ${paint("quiet", "it requested")}  nothing`];
  const isLong = requests.length > 2 * REQUESTS_SHOWN;
  const cells = requests.map(({ afterMs, step, method, url, answered }) => [
    exactLength(afterMs),
    cellText(step ?? "-"),
    visible(`${method} ${url}`),
    `-> ${visible(answered)}`,
  ]);
  const shown = isLong ? [...cells.slice(0, REQUESTS_SHOWN), ...cells.slice(-REQUESTS_SHOWN)] : cells;
  const lines = textTable([], shown).trimEnd().split("\n");
  if (isLong) lines.splice(REQUESTS_SHOWN, 0, `… ${requests.length - shown.length} more`);
  return [`            ${paint("quiet", "it requested")}`, ...lines.map((it) => `              ${it.trimEnd()}`)];
}

function unusedLines({ unusedAnswers }: TestReport, paint: Paint): readonly string[] {
  if (unusedAnswers.length === 0) return [];
  return [`            ${paint("quiet", "never asked for")}  answer ${unusedAnswers.join(", ")}`];
}
