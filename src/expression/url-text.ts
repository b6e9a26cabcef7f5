import { wellFormed } from "../model/unicode.ts";
import type { Rendered } from "./scope.ts";

/** Puts a URL together out of what its author wrote and of values, so that no value changes its shape. */
export interface UrlText {
  /** As it stands. */
  addWritten(text: string): void;
  /** Percent-encoded. What is wrong with it, in plain words. */
  addValue(value: string, name: string): string | undefined;
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
    addValue(value, name) {
      if (text.trim() === "") {
        return `{{${name}}} can't be the beginning of a URL, where its / and : are percent-encoded: write the beginning out, or as a secret such as {{BASE_URL}}`;
      }
      const encoded = encodeValue(value);
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
      const dotted = ranges.length === 0 ? undefined : dottedValue(text, ranges);
      if (dotted === undefined) return { ok: true, value: text };
      return {
        ok: false,
        error: `{{${dotted.name}}} makes a part of the path "." or "..", which leads elsewhere: use another value`,
      };
    },
  };
}

/** Nothing but letters, digits and `-_.~` stays as it is; half a character becomes U+FFFD. */
function encodeValue(value: string): string {
  return encodeURIComponent(wellFormed(value)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The value without which a segment of the path would not be `.` or `..`; URL parsers read `%2e` as a dot there. */
function dottedValue(text: string, ranges: readonly ValueRange[]): ValueRange | undefined {
  const pathEnd = /[?#]/.exec(text)?.index ?? text.length;
  let from = 0;
  for (const segment of text.slice(0, pathEnd).split(/[/\\]/)) {
    const to = from + segment.length;
    if (/^(?:\.|%2e){1,2}$/i.test(segment)) {
      const value = ranges.find((range) => range.from < to && range.to > from);
      if (value !== undefined) return value;
    }
    from = to + 1;
  }
  return undefined;
}
