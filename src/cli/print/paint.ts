import { styleText } from "node:util";

export type Tone = "good" | "bad" | "warning" | "quiet" | "strong";

/** Colours a text that is already safe to print, or leaves it. */
export type Paint = (tone: Tone, text: string) => string;

const STYLES = { good: "green", bad: "red", warning: "yellow", quiet: "dim", strong: "bold" } as const;

/** Colours are for terminals, unless `--no-color` or NO_COLOR (https://no-color.org) says otherwise. */
export function createPaint(
  isTty: boolean,
  hasColorFlag: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const isPlain = !isTty || !hasColorFlag || (env["NO_COLOR"] ?? "") !== "";
  if (isPlain) return (_tone, text) => text;
  return (tone, text) => styleText(STYLES[tone], text, { validateStream: false });
}
