import { percentEncoded } from "./percent-encoded.ts";
import type { Rendered } from "./scope.ts";

/** Puts a URL together out of what its author wrote and of values, so that no value changes its shape. */
export interface UrlText {
  /** As it stands. */
  addWritten(text: string): void;
  /**
   * Percent-encoded, or as it stands where it begins the URL and may. What is wrong with it, in plain words.
   * @param isWritten whoever writes jobs said it, and no answer
   */
  addValue(value: string, name: string, isWritten: boolean): string | undefined;
  length(): number;
  finish(): Rendered<string>;
}

interface ValueRange {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/** So far only the beginning of a URL up to a part of its host. */
const IN_HOST = /^\s*[a-z]+:[/\\]{2}[^/\\?#]*$/i;

export function createUrlText(): UrlText {
  let text = "";
  const ranges: ValueRange[] = [];
  return {
    addWritten(written) {
      text += written;
    },
    addValue(value, name, isWritten) {
      if (text.trim() === "") {
        if (!isWritten) {
          return `{{${name}}} can't be the beginning of a URL: what came out of an answer can't say where a request goes; write the beginning out, or into the vars of the job, or as a secret such as {{BASE_URL}}`;
        }
        text += value;
        return undefined;
      }
      const encoded = percentEncoded(value);
      if (IN_HOST.test(text) && encoded !== value) {
        return `{{${name}}} stands where the host of a URL is and holds a character that does not belong there; a port goes after it: https://{{vars.host}}:{{vars.port}}/`;
      }
      const from = text.length;
      text += encoded;
      ranges.push({ from, to: text.length, name });
      return undefined;
    },
    length: () => text.length,
    finish() {
      const problem = ranges.length === 0 ? undefined : pathProblem(text, ranges);
      return problem === undefined ? { ok: true, value: text } : { ok: false, error: problem };
    },
  };
}

/** Which value makes a segment of the path empty, `.` or `..`, in words; URL parsers read `%2e` as a dot there. */
function pathProblem(text: string, ranges: readonly ValueRange[]): string | undefined {
  const pathEnd = /[?#]/.exec(text)?.index ?? text.length;
  let from = 0;
  for (const segment of text.slice(0, pathEnd).split(/[/\\]/)) {
    const to = from + segment.length;
    if (segment === "") {
      const value = ranges.find((range) => range.from === from && range.to === to);
      if (value !== undefined) return `{{${value.name}}} is empty, and the path without it would lead elsewhere`;
    }
    if (/^(?:\.|%2e){1,2}$/i.test(segment)) {
      const value = ranges.find((range) => range.from < to && range.to > from);
      if (value !== undefined) {
        return `{{${value.name}}} makes a part of the path "." or "..", which leads elsewhere: use another value`;
      }
    }
    from = to + 1;
  }
  return undefined;
}
