import type { Redactor } from "./redact.ts";
import { cutText, wellFormed } from "./unicode.ts";

const SAMPLE_LENGTH_MAX = 2_000;
const ERROR_LENGTH_MAX = 500;
/** Half of the 1 MB that a run may take, so that field names, step names and times have room beside the texts. */
const TEXT_BYTES_PER_RUN = 500_000;

/** How a run keeps what it tells of its steps: redacted first, then cut, so that no cut secret slips through. */
export interface StepTexts {
  /** @param isCut the body went on: what may be the beginning of a secret at its end is left out */
  sample(body: string, isCut: boolean): string;
  error(message: string): string;
}

/** The more steps a run may have, the shorter their texts, so that the run stays under 1 MB. */
export function createStepTexts(redactor: Redactor, stepsMax: number): StepTexts {
  const bytesPerStep = TEXT_BYTES_PER_RUN / stepsMax;
  const keep = (text: string, isCut: boolean, lengthMax: number, bytesMax: number): string => {
    // A NUL hides the rest of a text from many tools.
    const clean = wellFormed(redactor.redactStart(text, lengthMax + 1, isCut)).replaceAll("\u0000", "\u{fffd}");
    return cutText(clean, lengthMax, bytesMax);
  };
  return {
    sample: (body, isCut) => keep(body, isCut, SAMPLE_LENGTH_MAX, bytesPerStep * 0.8),
    error: (message) => keep(message, false, ERROR_LENGTH_MAX, bytesPerStep * 0.2),
  };
}
