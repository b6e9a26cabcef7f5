import type { HttpMethod } from "../model/action.ts";
import type { Field } from "./field.ts";
import { readChoice } from "./read-values.ts";

const METHODS: readonly HttpMethod[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** A method in whatever letters: small ones were fine for the original. */
export function readHttpMethod(field: Field): HttpMethod | undefined {
  const { value } = field;
  const capital = typeof value === "string" ? value.trim().toUpperCase() : value;
  return readChoice(METHODS.some((method) => method === capital) ? { ...field, value: capital } : field, METHODS);
}
