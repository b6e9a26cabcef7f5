import type { ErrorObject, ValidateFunction } from "ajv";
import { ExactDecimal } from "../model/json.ts";
import type { JsonValue } from "../model/json.ts";
import { isList, jsonText } from "../model/json-text.ts";
import { createBoundedCache } from "./bounded-cache.ts";
import { CostlySearchError } from "./costly-search-error.ts";
import { quote } from "./quote.ts";
import { createEngine, schemaProblem } from "./schema-engine.ts";

export type CompiledSchema =
  | {
      readonly ok: true;
      /** The first thing that is wrong with a value, in plain words; `undefined`: it follows the schema. */
      check(value: JsonValue): string | undefined;
    }
  | { readonly ok: false; readonly error: string };

/** Longest schema as JSON. */
export const SCHEMA_LENGTH_MAX = 256 * 1024;
/** Most objects, lists and truth values in a schema: the time to read it, and the engine's recursion, grow with them. */
export const SCHEMA_PARTS_MAX = 1000;
/** Most references that one check follows, which takes a second. */
const REFERENCES_MAX = 500_000;
const KEPT_SCHEMAS = 100;

const kept = createBoundedCache<CompiledSchema>(KEPT_SCHEMAS);

/**
 * Reads a JSON Schema (2020-12). References lead into the schema itself, never elsewhere; keywords that the standard does
 * not know are refused, because a slip in one would be a check that is never made. Numbers count as doubles.
 */
export function compileSchema(schema: JsonValue): CompiledSchema {
  const text = jsonText(schema);
  if (text.length > SCHEMA_LENGTH_MAX) {
    return { ok: false, error: `the schema is longer than ${SCHEMA_LENGTH_MAX} characters of JSON` };
  }
  return kept.get(text, () => compile(schema));
}

function compile(schema: JsonValue): CompiledSchema {
  const plain = asDoubles(schema);
  if (typeof plain !== "boolean" && (plain === null || typeof plain !== "object" || Array.isArray(plain))) {
    return { ok: false, error: "a schema must be an object, or true or false" };
  }
  if (countParts(plain) > SCHEMA_PARTS_MAX) {
    return { ok: false, error: `the schema has more than ${SCHEMA_PARTS_MAX} parts; say less of the answer` };
  }
  const problem = schemaProblem(plain);
  if (problem !== undefined) return unusable(problem);
  let references = 0;
  const engine = createEngine(() => {
    if (++references > REFERENCES_MAX)
      throw new CostlySearchError("the schema follows too many references for this value");
  });
  try {
    const validate = engine.compile(plain);
    return {
      ok: true,
      check(value) {
        references = 0;
        return check(validate, value);
      },
    };
  } catch (error) {
    if (error instanceof RangeError) return unusable("its references lead in a circle");
    return unusable(error instanceof Error ? error.message : String(error));
  }
}

function unusable(reason: string): CompiledSchema {
  const words = reason.replace(/^strict mode: /, "").replace(/ ignored in schema at path .*/, "");
  return { ok: false, error: `the schema can't be used: ${words.trim()}` };
}

function check(validate: ValidateFunction, value: JsonValue): string | undefined {
  try {
    return validate(asDoubles(value)) ? undefined : inWords(validate.errors ?? []);
  } catch (error) {
    if (error instanceof CostlySearchError) return `can't be checked: ${error.message}`;
    if (error instanceof RangeError) return "can't be checked: the schema refers to itself without an end";
    throw error;
  }
}

function inWords([first]: readonly ErrorObject[]): string {
  if (first === undefined) return "does not follow it";
  const place = first.instancePath === "" ? "the top level" : first.instancePath;
  return `${place} ${wordsFor(first)}`;
}

function wordsFor({ keyword, schema, params, message }: ErrorObject): string {
  const rule = schema as JsonValue;
  switch (keyword) {
    case "const":
      return `must be ${quote(rule)}`;
    case "enum":
      return `must be one of ${quote(rule)}`;
    case "uniqueItems":
      return "must not hold the same item twice";
    case "additionalProperties":
      return `must not have the field ${quote(String(params["additionalProperty"]))}`;
    case "unevaluatedProperties":
      return `must not have the field ${quote(String(params["unevaluatedProperty"]))}`;
    default:
      return message ?? `breaks the rule ${keyword}`;
  }
}

function countParts(value: JsonValue): number {
  if (typeof value === "boolean") return 1;
  if (value === null || typeof value !== "object" || value instanceof ExactDecimal) return 0;
  const inner = isList(value) ? value : Object.values(value);
  return inner.reduce<number>((count, one) => count + countParts(one), 1);
}

/** As JSON.parse would give it, but without prototypes. */
function asDoubles(value: JsonValue): JsonValue {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof ExactDecimal) return Number(value.digits);
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map(asDoubles);
  const object = Object.create(null) as Record<string, JsonValue>;
  for (const [key, inner] of Object.entries(value)) object[key] = asDoubles(inner);
  return object;
}
