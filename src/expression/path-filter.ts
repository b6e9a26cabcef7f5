import { jsonpath } from "json-p3";
import type { JsonValue } from "../model/json.ts";
import { compareTexts } from "./compare-texts.ts";
import { compareNumbers, isNumber } from "./exact-number.ts";
import { parseExactJson } from "./exact-json.ts";
import { callPathFunction } from "./path-functions.ts";
import type { Search } from "./path-search.ts";
import { isSameValue } from "./same-value.ts";

const {
  BooleanLiteral,
  FunctionExtension,
  InfixExpression,
  LogicalExpression,
  NullLiteral,
  NumberLiteral,
  PrefixExpression,
  RelativeQuery,
  RootQuery,
  StringLiteral,
} = jsonpath.expressions;
export type FilterExpression = InstanceType<typeof LogicalExpression>["expression"];

/** What is compared: a value, or nothing. */
type Comparable = JsonValue | undefined;

/** Whether a filter of RFC 9535 (2.3.5) holds for a value. */
export function filterHolds(expression: FilterExpression, current: JsonValue, search: Search): boolean {
  if (expression instanceof LogicalExpression) return filterHolds(expression.expression, current, search);
  if (expression instanceof PrefixExpression) return !filterHolds(expression.right, current, search);
  if (expression instanceof InfixExpression) return infixHolds(expression, current, search);
  if (expression instanceof RelativeQuery || expression instanceof RootQuery) {
    for (const _found of findsOf(expression, current, search)) return true;
    return false;
  }
  if (expression instanceof FunctionExtension) return call(expression, current, search) === true;
  return valueOf(expression, current, search) === true;
}

function infixHolds(
  { left, operator, right }: InstanceType<typeof InfixExpression>,
  current: JsonValue,
  search: Search,
): boolean {
  if (operator === "&&") return filterHolds(left, current, search) && filterHolds(right, current, search);
  if (operator === "||") return filterHolds(left, current, search) || filterHolds(right, current, search);
  const a = valueOf(left, current, search);
  const b = valueOf(right, current, search);
  switch (operator) {
    case "==":
      return isEqual(a, b, search);
    case "!=":
      return !isEqual(a, b, search);
    case "<":
      return isLess(a, b, search);
    case ">":
      return isLess(b, a, search);
    case "<=":
      return isLess(a, b, search) || isEqual(a, b, search);
    case ">=":
      return isLess(b, a, search) || isEqual(a, b, search);
    default:
      return false;
  }
}

function isEqual(a: Comparable, b: Comparable, search: Search): boolean {
  if (a === undefined || b === undefined) return a === b;
  return isSameValue(a, b, search.look);
}

function isLess(a: Comparable, b: Comparable, search: Search): boolean {
  if (a === undefined || b === undefined) return false;
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b) < 0;
  if (typeof a !== "string" || typeof b !== "string") return false;
  search.look(1 + Math.min(a.length, b.length) / 10);
  return compareTexts(a, b) < 0;
}

function valueOf(expression: FilterExpression, current: JsonValue, search: Search): Comparable {
  if (expression instanceof NullLiteral) return null;
  if (expression instanceof StringLiteral || expression instanceof BooleanLiteral) return expression.value;
  if (expression instanceof NumberLiteral) return exactLiteral(expression);
  if (expression instanceof FunctionExtension) return call(expression, current, search);
  // What is compared is a path that finds one thing at most: json-p3 refuses any other when it reads it.
  for (const found of findsOf(expression, current, search)) return found;
  return undefined;
}

/** json-p3 reads numbers as doubles; the text of the literal keeps all digits. */
function exactLiteral({ value, token }: InstanceType<typeof NumberLiteral>): JsonValue {
  if (Number.isSafeInteger(value)) return value;
  const exact = parseExactJson(token.value);
  return exact.ok ? exact.value : value;
}

function findsOf(expression: FilterExpression, current: JsonValue, search: Search): Iterable<JsonValue> {
  if (expression instanceof RelativeQuery) return search.walk(expression.path, current);
  return expression instanceof RootQuery ? search.walk(expression.path, search.root) : [];
}

function call({ name, args }: InstanceType<typeof FunctionExtension>, current: JsonValue, search: Search): Comparable {
  return callPathFunction(name, {
    value: (index) => {
      const argument = args[index];
      return argument === undefined ? undefined : valueOf(argument, current, search);
    },
    finds: (index) => {
      const argument = args[index];
      return argument === undefined ? [] : findsOf(argument, current, search);
    },
    look: search.look,
  });
}
