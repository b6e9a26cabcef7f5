import type { Effort } from "../../expression/effort.ts";
import { createEffort } from "../../expression/effort.ts";
import { parseExactJson } from "../../expression/exact-json.ts";
import type { JsonValue } from "../../model/json.ts";
import type { HttpOutcome } from "../../ports/http-client.ts";

export type HttpResponse = Extract<HttpOutcome, { kind: "response" }>;

/** What the body of an answer is as JSON, whatever its content type says. */
type AnswerJson =
  | { readonly kind: "value"; readonly value: JsonValue }
  /** Nothing but blanks, as with a 204, or with servers that say JSON and send nothing. */
  | { readonly kind: "empty" }
  /** Why it can't be read, in plain words and without anything out of the body. */
  | { readonly kind: "unreadable"; readonly why: string };

/** A response as rules and captures ask about it. */
export interface Answer {
  readonly status: number;
  /** The decoded body, or what of it was read. */
  readonly text: string;
  /** True: the body went on after `text`. */
  readonly isCut: boolean;
  readonly elapsedMs: number;
  /** By name in small letters; one that came several times is joined with ", ". */
  header(name: string): string | undefined;
  /** Read when it is first asked for, and once. */
  json(): AnswerJson;
  /** What all that is looked for in it may still cost. */
  readonly effort: Effort;
}

const answers = new WeakMap<HttpResponse, Answer>();

/** Answers the same thing for the same response, so that its JSON is read once, however many ask. */
export function answerOf(response: HttpResponse): Answer {
  const known = answers.get(response);
  if (known !== undefined) return known;
  const answer = createAnswer(response);
  answers.set(response, answer);
  return answer;
}

function createAnswer({ status, headers, body, truncated, elapsedMs }: HttpResponse): Answer {
  const byName = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    byName.set(name.toLowerCase(), typeof value === "string" ? value : value.join(", "));
  }
  let json: AnswerJson | undefined;
  return {
    status,
    text: body,
    isCut: truncated,
    elapsedMs,
    header: (name) => byName.get(name),
    effort: createEffort(),
    json: () => (json ??= readJson(body, truncated)),
  };
}

/** What to do about a body that is longer than what may be read, and how much that is. */
export function cutWords(text: string): string {
  return `only its first ${Buffer.byteLength(text)} bytes were read: raise "max_body_bytes" in the "http_defaults" of the config`;
}

function readJson(text: string, isCut: boolean): AnswerJson {
  if (isCut) return { kind: "unreadable", why: `the body is too long to be read as JSON, ${cutWords(text)}` };
  if (text.trim() === "") return { kind: "empty" };
  const parsed = parseExactJson(text);
  if (parsed.ok) return { kind: "value", value: parsed.value };
  return { kind: "unreadable", why: `the body ${parsed.error}` };
}
