import { cutText, wellFormed } from "../../model/unicode.ts";
import type { Redactor } from "../redact/redact.ts";

const SAMPLE_LENGTH_MAX = 2_000;
const ERROR_LENGTH_MAX = 500;
const LABEL_LENGTH_MAX = 60;
const LABEL_BYTES_MAX = 90;
/** An eighth of the 1 MB that a run may take, so that 2,000 items and captured values have room beside the texts. */
const SAMPLE_BYTES_PER_RUN = 120_000;
const ERROR_BYTES_PER_RUN = 120_000;
/** A text takes at most this part of the room that is left: early ones are whole, and there is always some for the next. */
const PART_OF_WHAT_IS_LEFT = 1 / 40;

/** What the steps of a run take, in UTF-8. */
export interface RecordBytes {
  readonly samples: number;
  readonly errors: number;
  /** Captured values as JSON. */
  readonly values: number;
}

/** How a run keeps what it tells of its steps: redacted first, then cut, so that no cut secret slips through. */
export interface StepTexts {
  /** @param isCut the body went on: what may be the beginning of a secret at its end is left out */
  sample(body: string, isCut: boolean): string;
  error(message: string): string;
  /** A few words for an item of a list. */
  label(text: string): string;
}

/**
 * The more texts a run has, the shorter they get, so that it stays under 1 MB.
 * @param redactor asked at each use: a run can come to know more secrets
 * @param told how many bytes of samples and errors the run holds at present
 */
export function createStepTexts(redactor: () => Redactor, told: () => Omit<RecordBytes, "values">): StepTexts {
  const keep = (text: string, isCut: boolean, lengthMax: number, bytesLeft: number): string => {
    // A NUL hides the rest of a text from many tools.
    const clean = wellFormed(redactor().redactStart(text, lengthMax + 1, isCut)).replaceAll("\u0000", "\u{fffd}");
    return cutText(clean, lengthMax, Math.max(0, bytesLeft * PART_OF_WHAT_IS_LEFT));
  };
  return {
    sample: (body, isCut) => keep(body, isCut, SAMPLE_LENGTH_MAX, SAMPLE_BYTES_PER_RUN - told().samples),
    error: (message) => keep(message, false, ERROR_LENGTH_MAX, ERROR_BYTES_PER_RUN - told().errors),
    label: (text) => keep(text, false, LABEL_LENGTH_MAX, LABEL_BYTES_MAX / PART_OF_WHAT_IS_LEFT),
  };
}
