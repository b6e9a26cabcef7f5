import { describe, expect, test } from "vitest";
import { jobFields } from "../cli/fake-fleet.ts";
import { createTerminal } from "../cli/terminal.ts";

/** What validating and applying a job file with this in place of `"HERE"` end with; nothing may be written. */
async function refusals(fields: Readonly<Record<string, unknown>>, here: string): Promise<readonly string[]> {
  const text = JSON.stringify({ ...jobFields("prices"), method: "POST", ...fields }).replace('"HERE"', here);
  const terminal = createTerminal();
  terminal.files.set("job.json", text);
  const said: string[] = [];
  for (const argv of [["validate", "--file"], ["apply"]]) {
    const { exitCode, stdout, stderr } = await terminal.run("job", ...argv, "job.json");
    expect(exitCode).toBe(8);
    said.push(stdout + stderr);
  }
  expect(terminal.fleet.documents.size).toBe(0);
  return said;
}

const BEYOND = "123456789012345678901234567890";

describe("a job file is refused, with the place and the remedy, by job validate as by job apply", () => {
  test.each([
    ["/_id", { _id: "HERE" }],
    ["/body/b", { body: { b: "HERE" } }],
    ["/ticket", { ticket: "HERE" }],
    ["/labels/a", { labels: { a: "HERE" } }],
    ["/notes/0/n", { notes: [{ n: "HERE" }] }],
  ])("for a whole number beyond 64 bits in %s", async (path, fields) => {
    for (const said of await refusals(fields, BEYOND)) {
      expect(said).toContain(`${path}  line 1, column `);
      expect(said).toContain("a whole number is beyond 64 bits; write it as a text in quotes");
    }
  });

  test.each([
    "0.12345678901234567890",
    "1.00000000000000000001",
    "9007199254740993.5",
    "1e-400",
    "-0.1000000000000000000000000001",
  ])("for the decimal %s, whose digits a number would lose", async (digits) => {
    for (const said of await refusals({ body: { price: "HERE" } }, digits)) {
      expect(said).toContain("/body/price  line 1, column ");
      expect(said).toContain('write it as { "$numberDecimal": "…" } or as a text in quotes');
    }
  });

  test.each([
    ['{ "$numberLong": "9999999999999999999" }', "a malformed $numberLong"],
    [`{ "$numberDecimal": "0.${"1".repeat(35)}" }`, "a malformed $numberDecimal"],
    ['{ "$numberDecimal": "1E+6145" }', "a malformed $numberDecimal"],
    ["1e999", "a number is too large"],
  ])("for %s in an unknown field", async (here, words) => {
    for (const said of await refusals({ ticket: "HERE" }, here)) expect(said).toContain(words);
  });

  test("row 16: for a NUL in the name of a field, which the driver would throw at", async () => {
    for (const said of await refusals({ body: { "a\u0000b": 1 } }, ""))
      expect(said).toContain("a field name holds a NUL character, which MongoDB can't store");
  });
});

test.each([
  ["0.10", 0.1],
  ["1.50", 1.5],
  ["100.000", 100],
  ["1e3", 1_000],
  ["1E+30", 1e30],
  ["5e-324", 5e-324],
  ["-0.0", 0],
  ["0.30000000000000004", 0.30000000000000004],
  ["9007199254740991", 9007199254740991],
  ["9007199254740993", 9007199254740993n],
])("the number %s keeps its digits, so a job file may hold it", async (digits, n) => {
  const terminal = createTerminal();
  const text = JSON.stringify({ ...jobFields("prices"), method: "POST", body: { n: "HERE" } });
  terminal.files.set("job.json", text.replace('"HERE"', digits));
  expect(await terminal.run("job", "apply", "job.json")).toMatchObject({ exitCode: 0, stderr: "" });
  const { body } = terminal.fleet.documents.get("made-1") as { body: { n: unknown } };
  // As texts, in which 0 and -0 are one.
  expect(`${typeof body.n} ${String(body.n)}`).toBe(`${typeof n} ${n}`);
});

test("row 17: several jobs of one name are warned about by job validate, and are no error", async () => {
  const terminal = createTerminal();
  for (const id of ["id-1", "id-2"]) terminal.fleet.documents.set(id, { _id: id, ...jobFields("prices") });
  const { exitCode, stdout } = await terminal.run("job", "validate", "--output", "json");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject(
    ["id-1", "id-2"].map((id) => ({
      id,
      severity: "warning",
      path: "/name",
      message: expect.stringContaining("2 jobs"),
    })),
  );
});
