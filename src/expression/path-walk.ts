import { jsonpath, TokenKind } from "json-p3";
import type { JSONPathQuery } from "json-p3";
import { ExactDecimal } from "../model/json.ts";
import type { JsonValue } from "../model/json.ts";
import { isList } from "../model/json-text.ts";
import { filterHolds } from "./path-filter.ts";
import type { Search } from "./path-search.ts";

const { NameSelector, IndexSelector, SliceSelector, WildcardSelector, FilterSelector } = jsonpath.selectors;
type Segment = JSONPathQuery["segments"][number];
type Selector = Segment["selectors"][number];
type Slice = InstanceType<typeof SliceSelector>;

/** The finds one after the other, so that a question for the first one does not look at the rest. */
export function walk(query: JSONPathQuery, from: JsonValue, search: Search): Iterable<JsonValue> {
  let found: Iterable<JsonValue> = [from];
  for (const segment of query.segments) found = follow(segment, found, search);
  return found;
}

function* follow(segment: Segment, values: Iterable<JsonValue>, search: Search): Generator<JsonValue> {
  const isDescent = segment.token.kind === TokenKind.DDOT;
  for (const value of values) {
    for (const start of isDescent ? withAllInside(value, search) : [value]) {
      for (const selector of segment.selectors) yield* select(selector, start, search);
    }
  }
}

/** A value and everything in it, each before its own parts. */
function* withAllInside(value: JsonValue, search: Search): Generator<JsonValue> {
  const open: JsonValue[] = [value];
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    search.look(1);
    yield here;
    const parts = partsOf(here);
    for (let index = parts.length - 1; index >= 0; index--) {
      const part = parts[index];
      if (part !== undefined) open.push(part);
    }
  }
}

function* select(selector: Selector, value: JsonValue, search: Search): Generator<JsonValue> {
  search.look(1);
  if (selector instanceof NameSelector) yield* field(value, selector.name);
  else if (selector instanceof IndexSelector) yield* place(value, selector.index);
  else if (selector instanceof SliceSelector) yield* slice(value, selector, search);
  else if (selector instanceof WildcardSelector) {
    for (const part of partsOf(value)) {
      search.look(1);
      yield part;
    }
  } else if (selector instanceof FilterSelector) {
    for (const part of partsOf(value)) {
      search.look(1);
      if (filterHolds(selector.expression, part, search)) yield part;
    }
  }
}

function partsOf(value: JsonValue): readonly JsonValue[] {
  if (value === null || typeof value !== "object" || value instanceof ExactDecimal) return [];
  return isList(value) ? value : Object.values(value);
}

function* field(value: JsonValue, name: string): Generator<JsonValue> {
  if (value === null || typeof value !== "object" || value instanceof ExactDecimal || isList(value)) return;
  const found = Object.hasOwn(value, name) ? value[name] : undefined;
  if (found !== undefined) yield found;
}

function* place(value: JsonValue, index: number): Generator<JsonValue> {
  if (!isList(value)) return;
  const found = value[index < 0 ? value.length + index : index];
  if (found !== undefined) yield found;
}

/** RFC 9535, 2.3.4.2.2. */
function* slice(value: JsonValue, { start, stop, step = 1 }: Slice, search: Search): Generator<JsonValue> {
  if (!isList(value) || step === 0) return;
  const { length } = value;
  const bounded = (index: number, from: number, to: number): number =>
    Math.min(Math.max(index < 0 ? length + index : index, from), to);
  const isForward = step > 0;
  const first = isForward ? bounded(start ?? 0, 0, length) : bounded(start ?? length - 1, -1, length - 1);
  // Going back, no end is the place before the first, which no written number can name.
  const end = isForward ? bounded(stop ?? length, 0, length) : stop === undefined ? -1 : bounded(stop, -1, length - 1);
  for (let index = first; isForward ? index < end : index > end; index += step) {
    search.look(1);
    const found = value[index];
    if (found !== undefined) yield found;
  }
}
