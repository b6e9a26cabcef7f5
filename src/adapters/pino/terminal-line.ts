import { styleText } from "node:util";

const LEVEL_COLOR = { debug: "gray", info: "green", warn: "yellow", error: "red" } as const;
const SHOWN_APART = new Set(["time", "level", "msg", "event", "machine", "pid", "hostname"]);

/** One JSON log line as a person reads it: time, level, sentence, then the facts. */
export function terminalLine(json: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return json;
  }
  const level = String(entry["level"]);
  const color = level in LEVEL_COLOR ? LEVEL_COLOR[level as keyof typeof LEVEL_COLOR] : "white";
  const time = String(entry["time"]).slice(11, 23);
  const facts = Object.entries(entry)
    .filter(([key]) => !SHOWN_APART.has(key))
    .map(([key, value]) => `${factText(key)}=${factText(value)}`)
    .join(" ");
  const line = `${styleText("gray", time)} ${styleText(color, level.padEnd(5))} ${String(entry["msg"])} ${styleText("gray", facts)}`;
  return `${line.trimEnd()}\n`;
}

/** Control characters stay escaped, so that no document or answer can steer the terminal. */
function factText(value: unknown): string {
  if (typeof value === "string" && /^[\w.:/@|+-]+$/.test(value)) return value;
  if (typeof value === "object" && value !== null && "message" in value) return JSON.stringify(value.message);
  return JSON.stringify(value);
}
