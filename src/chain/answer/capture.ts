import type { HttpAction } from "../../model/action.ts";
import type { Capture } from "../../model/capture.ts";
import type { JsonObject, JsonValue } from "../../model/json.ts";
import { jsonText } from "../../model/json-text.ts";
import type { HttpOutcome } from "../../ports/http-client.ts";
import type { Redactor } from "../redact/redact.ts";
import { answerOf, cutWords } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { findPath } from "./find-path.ts";
import { findPattern } from "./find-pattern.ts";
import { jsonBytes } from "./json-size.ts";
import { answerPart } from "./wanted.ts";

/** Most that a step may take out of its answer, as JSON text. */
export const CAPTURED_BYTES_MAX = 200_000;

/** What a step takes out of its answer: under the names of its captures, and under the keys that are wanted. */
export type Captured =
  | {
      readonly ok: true;
      readonly values: JsonObject;
      /** Never stored, logged or shown. */
      readonly sensitive: JsonObject;
    }
  /** Which of them can't be had, and why; the step has failed then. */
  | { readonly ok: false; readonly error: string };

/** Nothing there is `undefined`; it is an error only where somebody uses it. */
type Taken =
  | { readonly ok: true; readonly value: JsonValue | undefined }
  | { readonly ok: false; readonly why: string };

/**
 * What the steps after this one can name of it. A value is sensitive when the step or the capture is, or when a known
 * secret is in it. Of a step that failed, captures give their defaults alone; what templates name of its answer is there.
 * @param wanted keys of `wantedValues`: `json$.a`, `header:location`, `text$`
 * @param hasFailed the step has failed and the chain goes on; then this is never an error, what can't be had is not there
 */
export function captureValues(
  action: Pick<HttpAction, "capture" | "sensitive">,
  outcome: HttpOutcome,
  wanted: readonly string[],
  redactor: Redactor,
  hasFailed: boolean,
): Captured {
  const answer = outcome.kind === "response" ? answerOf(outcome) : undefined;
  // No prototype, so that a capture called `__proto__` is one like any other.
  const values = Object.create(null) as Record<string, JsonValue>;
  const sensitive = Object.create(null) as Record<string, JsonValue>;
  let bytesLeft = CAPTURED_BYTES_MAX;
  for (const { key, label, isSensitive, take } of askedFor(action, wanted, hasFailed)) {
    const taken = take(answer);
    if (!taken.ok && !hasFailed) return { ok: false, error: `${label} can't be taken: ${taken.why}` };
    if (!taken.ok || taken.value === undefined) continue;
    const bytes = jsonBytes(taken.value, bytesLeft);
    if (bytes > bytesLeft && !hasFailed) return { ok: false, error: tooLarge(label) };
    if (bytes > bytesLeft) continue;
    bytesLeft -= bytes;
    const isHidden = isSensitive || holdsSecret(taken.value, redactor);
    (isHidden ? sensitive : values)[key] = taken.value;
  }
  return { ok: true, values, sensitive };
}

/**
 * What the sensitive captures of a step find in an answer, whatever becomes of it: hidden before anything of the answer is
 * told. `undefined`: nobody knows what they would find, so nothing of it may be told.
 */
export function sensitiveFinds(
  { capture = {} }: Pick<HttpAction, "capture">,
  outcome: HttpOutcome,
): JsonObject | undefined {
  const finds = Object.create(null) as Record<string, JsonValue>;
  if (outcome.kind !== "response") return finds;
  for (const [name, it] of Object.entries(capture)) {
    if (!it.sensitive) continue;
    const taken = takeCapture(it, answerOf(outcome));
    if (!taken.ok) return undefined;
    if (taken.value !== undefined) finds[name] = taken.value;
  }
  return finds;
}

interface Asked {
  readonly key: string;
  /** For messages. */
  readonly label: string;
  readonly isSensitive: boolean;
  readonly take: (answer: Answer | undefined) => Taken;
}

function* askedFor(
  { capture = {}, sensitive = false }: Pick<HttpAction, "capture" | "sensitive">,
  wanted: readonly string[],
  hasFailed: boolean,
): Generator<Asked> {
  for (const [name, it] of Object.entries(capture)) {
    const take = (answer: Answer | undefined): Taken => {
      const taken: Taken = answer === undefined || hasFailed ? nothing : takeCapture(it, answer);
      return taken.ok && taken.value === undefined ? { ok: true, value: it.default } : taken;
    };
    yield { key: name, label: `the capture ${name}`, isSensitive: sensitive || it.sensitive, take };
  }
  for (const key of wanted) {
    const take = (answer: Answer | undefined): Taken => (answer === undefined ? nothing : takePart(key, answer));
    yield { key, label: partLabel(key), isSensitive: sensitive, take };
  }
}

const nothing: Taken = { ok: true, value: undefined };

function takeCapture({ from, default: whenNone = [] }: Capture, answer: Answer): Taken {
  switch (from.kind) {
    case "json":
      return takePath(from.path, answer, whenNone);
    case "header":
      return { ok: true, value: answer.header(from.name.toLowerCase()) };
    case "status":
      return { ok: true, value: answer.status };
    case "text":
      return from.pattern === undefined ? takeText(answer) : takePattern(from.pattern, answer);
  }
}

function takePart(key: string, answer: Answer): Taken {
  const part = answerPart(key);
  switch (part?.kind) {
    case "json":
      return takePath(part.path, answer, []);
    case "header":
      return { ok: true, value: answer.header(part.name) };
    case "text":
      return takeText(answer);
    case undefined:
      return nothing;
  }
}

/**
 * A body that is empty or no JSON has nothing at any path; in one that was cut nobody knows.
 * @param whenNone for a path that can find several things and finds none
 */
function takePath(path: string, answer: Answer, whenNone: JsonValue): Taken {
  const json = answer.json();
  if (json.kind === "unreadable" && answer.isCut) return { ok: false, why: json.why };
  if (json.kind !== "value") return nothing;
  const found = findPath(path, json.value, answer.effort);
  if (!found.ok) return { ok: false, why: found.error };
  if (found.isSingular) return { ok: true, value: found.finds[0] };
  return { ok: true, value: found.finds.length === 0 ? whenNone : found.finds };
}

function takeText({ text, isCut }: Answer): Taken {
  return isCut ? { ok: false, why: `the body is too long, ${cutWords(text)}` } : { ok: true, value: text };
}

function takePattern(pattern: string, { text, isCut, effort }: Answer): Taken {
  const looked = findPattern(pattern, text, effort);
  if (!looked.ok) return { ok: false, why: looked.error };
  const { found } = looked;
  if (found === undefined && isCut) return { ok: false, why: `it does not match the body, but ${cutWords(text)}` };
  return { ok: true, value: found?.[1] ?? found?.[0] };
}

function partLabel(key: string): string {
  const part = answerPart(key);
  if (part?.kind === "json") return `what a later step names of the answer, its JSON at ${part.path},`;
  if (part?.kind === "header") return `what a later step names of the answer, its header ${part.name},`;
  return "what a later step names of the answer, its text,";
}

function tooLarge(label: string): string {
  const most = `${CAPTURED_BYTES_MAX / 1_000} KB`;
  return `${label} is too large: a step can take at most ${most} out of its answer; take less with a narrower path`;
}

function holdsSecret(value: JsonValue, redactor: Redactor): boolean {
  const text = jsonText(value);
  return redactor.redact(text) !== text;
}
