import { parseExactJson } from "../expression/exact-json.ts";
import type { ExpectedRequest, ExpectedRun } from "../model/job-test.ts";
import { bodyText } from "./body-text.ts";
import { fitsStep, type RehearsedRequest } from "./scripted-target.ts";
import { fitsUrl } from "./url-pattern.ts";
import { type Difference, matcherDifference, valueDifferences } from "./value-differences.ts";

/** More requests than these that nobody expects are only counted. */
const UNEXPECTED_SHOWN = 5;

/** What differs between the requests that a test expects and those that were made. */
export function requestDifferences(expected: ExpectedRun, made: readonly RehearsedRequest[]): readonly Difference[] {
  if (expected.requests === undefined) return [];
  const wanted = expected.requests.flatMap((it) => Array.from({ length: it.times }, () => it));
  const outcome = expected.isAnyOrder ? inAnyOrder(wanted, made) : inOrder(wanted, made);
  if (!expected.noMoreRequests || !outcome.isAligned) return outcome.differences;
  return [...outcome.differences, ...unexpected(outcome.left)];
}

interface Compared {
  readonly differences: readonly Difference[];
  /** Requests that are none of the expected ones. */
  readonly left: readonly Numbered[];
  /** False: what follows a first request of another kind says nothing more. */
  readonly isAligned: boolean;
}

interface Numbered {
  readonly index: number;
  readonly it: RehearsedRequest;
}

function inOrder(wanted: readonly ExpectedRequest[], made: readonly RehearsedRequest[]): Compared {
  const differences: Difference[] = [];
  for (const [index, want] of wanted.entries()) {
    const it = made[index];
    if (it === undefined) {
      const missing = wanted.length - index;
      const more = missing > 1 ? ` (and ${missing - 1} more)` : "";
      const got = `no further request; ${made.length} were made`;
      differences.push({ about: `request ${index + 1}`, expected: `${wantWords(want)}${more}`, got });
      return { differences, left: [], isAligned: false };
    }
    if (!isMeant(want, it)) {
      differences.push({ about: `request ${index + 1}`, expected: wantWords(want), got: requestWords(it) });
      return { differences, left: [], isAligned: false };
    }
    differences.push(...contentDifferences(index, want, it));
  }
  const left = made.map((it, index) => ({ index, it })).slice(wanted.length);
  return { differences, left, isAligned: true };
}

/** Each expected request takes the first that is as it wants it, else the first of its kind. */
function inAnyOrder(wanted: readonly ExpectedRequest[], made: readonly RehearsedRequest[]): Compared {
  const differences: Difference[] = [];
  const left = new Map(made.map((it, index) => [index, it]));
  const unmet: ExpectedRequest[] = [];
  for (const want of wanted) {
    const found = [...left].find(
      ([index, it]) => isMeant(want, it) && contentDifferences(index, want, it).length === 0,
    );
    if (found === undefined) unmet.push(want);
    else left.delete(found[0]);
  }
  for (const want of unmet) {
    const near = [...left].find(([, it]) => isMeant(want, it));
    if (near === undefined) {
      differences.push({ about: "requests", expected: wantWords(want), got: "no such request" });
      continue;
    }
    const [index, it] = near;
    left.delete(index);
    differences.push(...contentDifferences(index, want, it));
  }
  return { differences, left: [...left].map(([index, it]) => ({ index, it })), isAligned: true };
}

function unexpected(left: readonly Numbered[]): readonly Difference[] {
  const shown = left.slice(0, UNEXPECTED_SHOWN).map(({ index, it }) => ({
    about: `request ${index + 1}`,
    expected: "no further request",
    got: requestWords(it),
  }));
  const more = left.length - shown.length;
  if (more === 0) return shown;
  return [...shown, { about: "requests", expected: "no further request", got: `${more} more like these` }];
}

/** Whether a request is of the kind that is wanted: of that step, with that method to that URL. */
function isMeant({ method, url, step }: ExpectedRequest, { request, step: path }: RehearsedRequest): boolean {
  return (
    (method === undefined || method === request.method) &&
    (url === undefined || fitsUrl(request.url, url)) &&
    (step === undefined || fitsStep(path, step))
  );
}

function contentDifferences(
  index: number,
  { headers, body, json }: ExpectedRequest,
  { request }: RehearsedRequest,
): readonly Difference[] {
  const about = `request ${index + 1} (${request.method} ${request.url})`;
  const sent = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const differences = Object.entries(headers).flatMap(([name, matcher]) =>
    matcherDifference(`${about}, header ${name}`, matcher, sent.get(name)),
  );
  const text = bodyText(request.body);
  if (body !== undefined) differences.push(...matcherDifference(`${about}, body`, body, text));
  if (json === undefined) return differences;
  const parsed = text === undefined ? undefined : parseExactJson(text);
  if (parsed?.ok === false) {
    const got = `a body that is no JSON: ${text}`;
    return [...differences, { about: `${about}, json`, expected: "a body of JSON", got }];
  }
  return [...differences, ...valueDifferences(`${about}, json`, json, parsed?.value)];
}

function wantWords({ method, url, step }: ExpectedRequest): string {
  const words = [method, url, step === undefined ? undefined : `of step ${step}`].filter((it) => it !== undefined);
  return words.length === 0 ? "any request" : words.join(" ");
}

export function requestWords({ request, step }: RehearsedRequest): string {
  return `${request.method} ${request.url}${step === undefined ? "" : ` of step ${step}`}`;
}
