import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { csv } from "../../src/cli/print/csv.ts";
import { exactJson } from "../../src/cli/print/exact-json.ts";
import { relativeTime } from "../../src/query/times.ts";
import { visible } from "../../src/cli/print/visible.ts";
import { ExactDecimal } from "../../src/model/json.ts";
import { StoreRefusedError, StoreUnavailableError } from "../../src/model/errors.ts";
import { exactLength } from "../../src/model/exact-length.ts";
import type { EpochMs } from "../../src/model/time.ts";
import { addJob, addMachine } from "./fake-fleet.ts";
import { createTerminal } from "./terminal.ts";

/** What could move a cursor, colour a terminal or turn text around. */
const RULES_A_TERMINAL = /(?!\n)[\p{Control}\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

describe("text from documents", () => {
  test("never rules the terminal, in no form of output", async () => {
    const hostile = "a\u001b[2J\u0007\r\nb\u009b31m\u202egnp.exe";
    const terminal = createTerminal();
    addJob(terminal.fleet, "id", { name: hostile, schedule: hostile, labels: { [hostile]: hostile } });
    addMachine(terminal.fleet, hostile, 1, { version: hostile });
    for (const command of [
      ["job", "list"],
      ["job", "show", "id"],
      ["job", "validate"],
      ["machine", "list"],
      ["status"],
      ["job", "show", hostile + "x"],
      ["reload", hostile + "x"],
    ]) {
      for (const output of ["table", "json", "csv"]) {
        const { stdout, stderr } = await terminal.run(...command, "--output", output);
        expect({ command, output, text: stdout + stderr }).toEqual({
          command,
          output,
          text: expect.not.stringMatching(RULES_A_TERMINAL),
        });
      }
    }
  });

  test("is left as it is when it is harmless", () => {
    expect(visible("예약 작업 – “prices” 🚀 é")).toBe("예약 작업 – “prices” 🚀 é");
    expect(visible("a\tb\nc\u001b\ud800")).toBe("a\\tb\\nc\\x1b\\ud800");
  });

  test("is no formula in a spreadsheet", () => {
    expect(
      csv(
        ["a", "b"],
        [
          ["=1+1", "+1"],
          ["-1", "@x"],
          [-1, "plain"],
          ['quo"te', "a,b"],
        ],
      ),
    ).toBe('a,b\n\'=1+1,\'+1\n\'-1,\'@x\n-1,plain\n"quo""te","a,b"\n');
  });
});

describe("JSON", () => {
  test("says what JSON.parse understands of any value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom("" as const, undefined), (value, indent) => {
        const text = exactJson(value as Parameters<typeof exactJson>[0], indent);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(indent === undefined ? /\p{Control}/u : RULES_A_TERMINAL);
      }),
    );
  });

  test("keeps every digit, and turns what JSON lacks into text", () => {
    const value = {
      whole: 9007199254740993n,
      price: new ExactDecimal("0.10"),
      at: new Date(0),
      not: Number.NaN,
      gone: undefined,
    };
    expect(exactJson(value, undefined)).toBe(
      '{"whole":9007199254740993,"price":0.10,"at":"1970-01-01T00:00:00.000Z","not":"NaN"}',
    );
  });
});

describe("times", () => {
  const at = (ms: number) => ms as EpochMs;
  test("are told in one unit, relative to the server's clock", () => {
    expect(relativeTime(at(1_000_200), at(1_000_000))).toBe("now");
    expect(relativeTime(at(1_180_000), at(1_000_000))).toBe("in 3 min");
    expect(relativeTime(at(0), at(59_000))).toBe("59 s ago");
    expect(relativeTime(at(0), at(7_200_000))).toBe("2 h ago");
    expect(relativeTime(at(0), at(172_800_000))).toBe("2 days ago");
  });

  test("lengths keep two units", () => {
    expect([850, 3_240, 10_000, 250_000, 600_000, 7_500_000].map(exactLength)).toEqual([
      "850 ms",
      "3.2 s",
      "10 s",
      "4 min 10 s",
      "10 min",
      "2 h 5 min",
    ]);
  });
});

describe("colours", () => {
  test("are for terminals, unless somebody wants none", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "prices");
    const isColored = async (...flags: string[]) =>
      (await terminal.run("job", "list", ...flags)).stdout.includes("\u001b[");
    expect(await isColored()).toBe(false);
    terminal.isTty = true;
    expect(await isColored()).toBe(true);
    expect(await isColored("--no-color")).toBe(false);
    expect(await isColored("--output", "csv")).toBe(false);
    terminal.env = { NO_COLOR: "1" };
    expect(await isColored()).toBe(false);
  });
});

describe("failures", () => {
  test("have an exit code, words on stderr and nothing on stdout", async () => {
    const terminal = createTerminal();
    terminal.openFleet = () => Promise.reject(new StoreUnavailableError("read the jobs", undefined));
    expect(await terminal.run("job", "list")).toEqual({
      exitCode: 4,
      stdout: "",
      stderr:
        'fleetcron: MongoDB did not answer during "read the jobs"\nCheck that MongoDB runs and that --uri or the config names it.\n',
    });
    terminal.openFleet = () =>
      Promise.reject(new StoreRefusedError("read the jobs", "the account may not do this", undefined));
    expect(await terminal.run("job", "list")).toMatchObject({ exitCode: 1 });
  });

  test("are one JSON object for programs, also when the command line itself is wrong", async () => {
    const terminal = createTerminal();
    const error = async (...argv: string[]) => JSON.parse((await terminal.run(...argv)).stderr) as unknown;
    expect(await error("job", "show", "x", "--output", "json")).toMatchObject({ error: { code: "not_found" } });
    expect(await error("job", "lst", "--output=json")).toEqual({
      error: { code: "usage", message: "unknown command 'lst'", hint: "Did you mean list?" },
    });
    terminal.openFleet = () => Promise.reject(new StoreUnavailableError("read the jobs", undefined));
    expect(await error("--output", "json", "job", "list")).toMatchObject({ error: { code: "mongodb_unreachable" } });
  });

  test("never show a connection string", async () => {
    const terminal = createTerminal();
    terminal.openFleet = () => Promise.reject(new Error("can't use mongodb+srv://user:hidden@h/db?x=1 at all"));
    const { exitCode, stderr } = await terminal.run("job", "list");
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: "fleetcron: unexpected failure: can't use mongodb+srv://(hidden) at all\n",
    });
  });

  test("close the database all the same", async () => {
    const terminal = createTerminal();
    await terminal.run("job", "show", "nope");
    expect(terminal.fleet.isClosed).toBe(true);
  });

  test("of the command line end with 2", async () => {
    const { run } = createTerminal();
    for (const argv of [
      ["bogus"],
      ["job"],
      [],
      ["job", "list", "--bogus"],
      ["job", "list", "extra"],
      ["job", "list", "--output", "xml"],
    ]) {
      expect({ argv, exitCode: (await run(...argv)).exitCode }).toEqual({ argv, exitCode: 2 });
    }
  });
});

describe("help and version", () => {
  test("come on stdout and end well", async () => {
    const { run } = createTerminal();
    expect(await run("--version")).toEqual({ exitCode: 0, stdout: "0.1.0\n", stderr: "" });
    const help = await run("job", "next", "--help");
    expect(help).toMatchObject({ exitCode: 0, stderr: "", stdout: expect.stringContaining("--from <time>") });
  });
});
