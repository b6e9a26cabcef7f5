/** A value from outside in a pipeline: without this, a text that begins with `$` would be an expression. */
export function literal(value: unknown): { readonly $literal: unknown } {
  return { $literal: value };
}

/** The server's clock, this much later. */
export function serverTimeIn(durationMs: number): { readonly $add: readonly unknown[] } {
  return { $add: ["$$NOW", literal(durationMs)] };
}

/** The field as it is, or the value when the field is not there yet. */
export function keepFirst(field: string, value: unknown): { readonly $ifNull: readonly unknown[] } {
  return { $ifNull: [`$${field}`, value] };
}
