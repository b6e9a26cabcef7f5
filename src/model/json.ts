/**
 * What a job document or a request body can hold. Whole numbers beyond 2^53 and decimals keep their exact value,
 * because a body must arrive as it was written.
 */
export type JsonValue = null | boolean | number | bigint | ExactDecimal | string | readonly JsonValue[] | JsonObject;

/** Objects from outside have no prototype, so no key of theirs can reach one. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A decimal number as its digits, e.g. `0.10`. */
export class ExactDecimal {
  readonly digits: string;
  constructor(digits: string) {
    this.digits = digits;
  }
}
