import type { RunRecord } from "../../ports/run-history.ts";
import { createRunNews } from "../../query/run-news.ts";
import type { Invocation } from "../invocation.ts";
import { cellText } from "../print/cell-text.ts";

/** A line of news: long errors and captured values are in `run show`. */
const LINE_LENGTH_MAX = 300;

/**
 * Prints what changes in a run, a line each, as it is seen: on stdout for people, and on stderr where stdout is data.
 * @param name before each line, where several runs are followed
 */
export function followLines(call: Invocation, name?: string): (run: RunRecord) => void {
  const news = createRunNews();
  return (run) => {
    for (const line of news.since(run, call.deps.clock.wallNow())) {
      const text = cellText(name === undefined ? line : `${name}  ${line}`, LINE_LENGTH_MAX);
      if (call.print.format === "table") call.deps.output.stdout(`${text}\n`);
      else call.print.words(text);
    }
  };
}
