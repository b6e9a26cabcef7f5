import { describe, expect, test } from "vitest";
import { createLog } from "../../../src/adapters/pino/log.ts";

const DANGEROUS = [
  ...Array.from({ length: 0x21 }, (_, at) => 0x7f + at),
  0x1b,
  0x200e,
  0x200f,
  ...Array.from({ length: 5 }, (_, at) => 0x202a + at),
  ...Array.from({ length: 4 }, (_, at) => 0x2066 + at),
].map((code) => String.fromCharCode(code));

const OWN_COLOUR = new RegExp(`${String.fromCharCode(0x1b)}\\[\\d+m`, "g");

function lineIn(format: "json" | "pretty", facts: Readonly<Record<string, unknown>>): string {
  let written = "";
  const { log } = createLog({
    level: "info",
    format,
    isTerminal: false,
    base: {},
    redact: (text) => text.replaceAll("s\u0085cret", "[secret K]"),
    write: (line) => (written += line),
  });
  log.info("an answer came", facts);
  return written;
}

describe.each(["json", "pretty"] as const)("a log line in %s", (format) => {
  const lineOf = (facts: Readonly<Record<string, unknown>>) => lineIn(format, facts);

  test("lets no text of others steer the terminal or turn its words around", () => {
    for (const character of DANGEROUS) {
      const text = `a${character}b`;
      const code = character.charCodeAt(0).toString(16).padStart(4, "0");
      for (const line of [lineOf({ answer: text }), lineOf({ [text]: 1 }), lineOf({ err: new Error(text) })]) {
        // Colours of our own are the only orders to the terminal.
        expect(line.replace(OWN_COLOUR, "")).not.toContain(character);
        expect(line).toContain(`a\\u${code}b`);
      }
    }
  });

  test("keeps the letters of every language", () => {
    expect(lineOf({ answer: "가é😀" })).toContain("가é😀");
  });

  test("is redacted before it is escaped", () => {
    expect(lineOf({ answer: "s\u0085cret" })).toContain("[secret K]");
  });
});

test("a log line in json is JSON that reads as what was logged", () => {
  const text = DANGEROUS.join("");
  expect(JSON.parse(lineIn("json", { answer: text }))).toMatchObject({ answer: text, msg: "an answer came" });
});
