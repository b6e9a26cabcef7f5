import type { HttpDefaults } from "../model/config.ts";
import { SECOND_MS } from "../model/time.ts";
import { openObject, type Field } from "./field.ts";
import { readNumber } from "./numbers.ts";
import { readTimeout } from "./request-fields.ts";
import { readRetry } from "./retry-fields.ts";

const MEBIBYTE = 1024 * 1024;
/** Below this an answer cut off would leave nothing worth keeping of it. */
const BODY_BYTES_MIN = 4096;

/** `http_defaults`: for requests that say nothing themselves. */
export function readHttpDefaults(field: Field): HttpDefaults {
  const fields = openObject(field, ["timeout_sec", "retry", "max_body_bytes"]);
  const bytes = { min: BODY_BYTES_MIN, max: 64 * MEBIBYTE, whole: true };
  return {
    timeoutMs: (fields && readTimeout(fields("timeout_sec"))) ?? 10 * SECOND_MS,
    retry: { retries: 2, delayMs: 3 * SECOND_MS, backoff: 1.5, ...(fields && readRetry(fields("retry"))) },
    maxBodyBytes: (fields && readNumber(fields("max_body_bytes"), bytes)) ?? MEBIBYTE,
  };
}
