import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const DOCUMENTS = [
  "README.md",
  "examples/README.md",
  ...readdirSync("docs").map((it) => join("docs", it)),
  ...readdirSync("examples").map((it) => join("examples", it, "README.md")),
].filter((it) => it.endsWith(".md") && existsSync(it));

describe.each(DOCUMENTS)("%s", (document) => {
  const text = readFileSync(document, "utf8");

  test("names no file that is not there", () => {
    const named = [...text.matchAll(/`((?:src|test|docs|examples|bench)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  test("links to nothing that is not there", () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = ""]) => path);
    expect(links.filter((path) => !existsSync(join(dirname(document), path)))).toEqual([]);
  });
});
