import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../../src", import.meta.url));
/** Imports that the engine follows before the first line runs; `import type` and `import()` are none. */
const STATIC_IMPORT = /^(?:import|export) (?!type\b)[^;]*?from "([^"]+)";|^import "([^"]+)";/gms;

/** Everything that is loaded with a file: its packages, and the files that lead there. */
function loadedWith(file: string, seen = new Map<string, string>(), by = "the start"): Map<string, string> {
  if (seen.has(file)) return seen;
  seen.set(file, by);
  for (const [, from, bare] of readFileSync(file, "utf8").matchAll(STATIC_IMPORT)) {
    const name = from ?? bare ?? "";
    if (name.startsWith(".")) loadedWith(join(dirname(file), name), seen, file);
    else if (!seen.has(name)) seen.set(name, relative(SRC, file));
  }
  return seen;
}

test("help and version load commander and nothing else that is heavy", () => {
  const loaded = loadedWith(join(SRC, "cli/run-cli.ts"));
  const packages = [...loaded].filter(([name]) => !name.startsWith("/") && !name.startsWith("node:"));
  expect(Object.fromEntries(packages)).toEqual({ commander: expect.any(String) });
  expect(loaded.size).toBeGreaterThan(8);
  expect(loaded.size).toBeLessThan(20);
});

test("the way to what a command needs is followed, so the test above can fail", () => {
  expect(loadedWith(join(SRC, "cli/job/job-next.ts")).has("croner")).toBe(true);
});
