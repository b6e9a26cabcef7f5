import type { JsonValue } from "./json.ts";

/**
 * What a value must be; everything that is said must hold. Texts may hold templates. `gt`, `gte`, `lt`, `lte` compare
 * numbers with numbers and texts with texts.
 */
export interface Matcher {
  readonly equals?: JsonValue;
  readonly notEquals?: JsonValue;
  /** A list, or a template that gives one. */
  readonly in?: JsonValue;
  readonly notIn?: JsonValue;
  readonly gt?: JsonValue;
  readonly gte?: JsonValue;
  readonly lt?: JsonValue;
  readonly lte?: JsonValue;
  /** A value that is null exists. */
  readonly exists?: boolean;
  /** A regular expression of the linear-time engine; found anywhere in a text. */
  readonly matches?: string;
}

/** A value, mostly a template, and what it must be. */
export interface Condition {
  readonly value: JsonValue;
  readonly matcher: Matcher;
}

/** What an RFC 9535 JSONPath finds in an answer, and what it must be; each of several finds must match. */
export interface PathRule {
  readonly path: string;
  readonly matcher: Matcher;
}

/** A status: 404, or a class of a hundred such as `2xx`. */
export type StatusRule = number | `${1 | 2 | 3 | 4 | 5}xx`;

/** What an answer must be; what is absent is not asked. */
export interface AnswerRules {
  /** One of them; absent: 2xx. */
  readonly status?: readonly StatusRule[];
  /** By name in small letters; a header that comes several times is joined with ", ". */
  readonly headers?: Readonly<Record<string, Matcher>>;
  readonly json?: readonly PathRule[];
  /** A regular expression that must be found in the text. */
  readonly bodyMatches?: string;
  /** A JSON Schema (2020-12) for the whole answer. */
  readonly schema?: JsonValue;
  /** Longest time for the answer. */
  readonly maxMs?: number;
  /** Most bytes of the decoded body. */
  readonly maxBytes?: number;
  /** Fewest bytes of the decoded body. */
  readonly minBytes?: number;
}
