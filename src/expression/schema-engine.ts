import { _ } from "ajv";
import type { CodeKeywordDefinition, Format, KeywordDefinition } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { JsonValue } from "../model/json.ts";
import { canonicalText } from "./canonical-text.ts";
import { compilePattern } from "./pattern.ts";
import { isSameValue } from "./same-value.ts";

/** Longest text that a format is looked for in; some take more time than the text grows. */
const FORMAT_LENGTH_MAX = 2000;
/** Formats whose time grows with the text alone. */
const LONG_FORMATS = ["byte", "binary", "password"];

/**
 * A validator for one schema: schemas in one validator would see each other's names.
 * @param onReference called for each reference that is followed; what it throws ends the check
 */
export function createEngine(onReference: () => void): Ajv2020 {
  const engine = new Ajv2020({
    // The schema has been looked at by `schemaProblem`.
    validateSchema: false,
    meta: false,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    logger: false,
    verbose: true,
    // Optimizing takes longer than what it saves: a schema is mostly read to be checked once.
    code: { optimize: false, regExp: Object.assign(linearPattern, { code: "linearPattern" }) },
  });
  addFormats.default(engine);
  for (const [name, format] of Object.entries(engine.formats)) {
    if (format !== undefined && !LONG_FORMATS.includes(name)) engine.addFormat(name, bounded(format));
  }
  for (const keyword of OWN_KEYWORDS) engine.removeKeyword(String(keyword.keyword)).addKeyword(keyword);
  for (const name of ["$ref", "$dynamicRef"]) countUses(engine, name, onReference);
  return engine;
}

/** What is wrong with a schema, in the words of ajv. */
export function schemaProblem(schema: object | boolean): string | undefined {
  metaEngine ??= new Ajv2020({ logger: false });
  try {
    return metaEngine.validateSchema(schema) === true
      ? undefined
      : metaEngine.errorsText(metaEngine.errors, { dataVar: "" });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

let metaEngine: Ajv2020 | undefined;

/**
 * ajv compares with the methods of the objects themselves, which break on fields such as `valueOf`, and looks for doubles
 * in a list by comparing each with each.
 */
const OWN_KEYWORDS: readonly KeywordDefinition[] = [
  { keyword: "const", validate: (wanted: JsonValue, value: JsonValue) => isSameValue(wanted, value) },
  {
    keyword: "enum",
    schemaType: "array",
    validate: (wanted: readonly JsonValue[], value: JsonValue) => wanted.some((one) => isSameValue(one, value)),
  },
  {
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: (isAsked: boolean, list: readonly JsonValue[]) =>
      !isAsked || new Set(list.map(canonicalText)).size === list.length,
  },
];

/** ajv tells patterns apart by their text. */
function linearPattern(source: string): { test(text: string): boolean; toString(): string } {
  const compiled = compilePattern(source);
  if (!compiled.ok) throw new Error(compiled.error);
  return { test: (text) => compiled.pattern.isIn(text), toString: () => source };
}

function bounded(format: Format): Format {
  const validate = typeof format === "object" && !(format instanceof RegExp) ? textTest(format) : format;
  if (typeof validate === "function") return (text: string) => text.length <= FORMAT_LENGTH_MAX && validate(text);
  if (validate instanceof RegExp) return (text: string) => text.length <= FORMAT_LENGTH_MAX && validate.test(text);
  return format;
}

/** The test of a format for texts; those for numbers and those that answer later have none. */
function textTest(format: Exclude<Format, string | RegExp | ((text: string) => boolean) | true>): TextTest | undefined {
  if (format.type === "number" || format.async === true) return undefined;
  return format.validate as TextTest;
}

type TextTest = RegExp | ((text: string) => boolean);

/** References can lead to the same place in two ways, and each of those again: 60 lines can ask for years of work. */
function countUses(engine: Ajv2020, name: string, onUse: () => void): void {
  const definition = engine.getKeyword(name);
  if (typeof definition !== "object" || !isCode(definition)) throw new Error(`ajv has no keyword ${name}`);
  engine.removeKeyword(name);
  engine.addKeyword({
    ...definition,
    code(context, ruleType) {
      context.gen.code(_`${context.gen.scopeValue("func", { ref: onUse })}()`);
      definition.code(context, ruleType);
    },
  });
}

function isCode(definition: KeywordDefinition): definition is CodeKeywordDefinition {
  return "code" in definition;
}
