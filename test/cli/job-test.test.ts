import { describe, expect, test } from "vitest";
import { createTerminal, type Terminal } from "./terminal.ts";

const GREET = {
  name: "greet",
  enabled: true,
  schedule: "0 9 * * *",
  actions: [
    { type: "http", name: "say", method: "POST", url: "{{BASE_URL}}/hello", retry: { retries: 1, delay_sec: 3600 } },
  ],
};
const given = { secrets: { BASE_URL: "https://greet.test" }, answers: [{ status: 503 }, { step: "say" }] };
const passing = { name: "says hello", given, expect: { result: "ok", requests: [{ step: "say", times: 2 }] } };
const failing = { name: "says bye", given, expect: { result: "ok", requests: [{ url: "*/bye", times: 2 }] } };

function withoutDatabase(): Terminal {
  const terminal = createTerminal();
  terminal.openFleet = () => Promise.reject(new Error("no database was to be opened"));
  return terminal;
}

describe("job test", () => {
  test("plays the tests of a file without a database or a config, and exits 0 when all are ok", async () => {
    const terminal = withoutDatabase();
    terminal.files.set("greet.json", JSON.stringify({ ...GREET, tests: [passing] }));
    const { exitCode, stdout, stderr } = await terminal.run("job", "test", "greet.json");
    expect(stdout).toBe("greet  greet.json\n  ok      says hello  (2 requests, 1 h)\n1 test: 1 ok\n");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  test("says of a failed one what was expected, what came and what the run did, and exits 1", async () => {
    const terminal = withoutDatabase();
    terminal.files.set("greet.json", JSON.stringify({ ...GREET, tests: [passing, failing] }));
    const { exitCode, stdout } = await terminal.run("job", "test", "greet.json");
    expect(stdout.split("\n")).toEqual([
      "greet  greet.json",
      "  ok      says hello  (2 requests, 1 h)",
      "  failed  says bye  (2 requests, 1 h)",
      "            request 1",
      "              expected  */bye",
      "              got       POST [secret BASE_URL]/hello of step say",
      "            it ended    ok",
      "            it requested",
      "              0 ms  say  POST [secret BASE_URL]/hello  -> 503",
      "              1 h   say  POST [secret BASE_URL]/hello  -> 200",
      "2 tests: 1 ok, 1 failed",
      "",
    ]);
    expect(exitCode).toBe(1);
  });

  test("takes several files and lists of jobs, which may call each other", async () => {
    const terminal = withoutDatabase();
    const caller = {
      name: "caller",
      enabled: true,
      schedule: "0 10 * * *",
      actions: [{ type: "job", job: "greet" }],
      tests: [{ name: "calls", given, expect: { result: "ok", requests: [{}, {}] } }],
    };
    terminal.files.set("jobs.jsonc", `// ours\n${JSON.stringify([caller])}`);
    terminal.files.set("greet.json", JSON.stringify([{ ...GREET, tests: [passing] }]));
    const { exitCode, stdout } = await terminal.run("job", "test", "jobs.jsonc", "greet.json");
    expect(stdout).toBe(
      [
        "caller  jobs.jsonc",
        "  ok      calls  (2 requests, 1 h)",
        "greet  greet.json",
        "  ok      says hello  (2 requests, 1 h)",
        "2 tests: 2 ok",
        "",
      ].join("\n"),
    );
    expect(exitCode).toBe(0);
  });

  test("tells programs everything", async () => {
    const terminal = withoutDatabase();
    terminal.files.set("greet.json", JSON.stringify({ ...GREET, tests: [failing] }));
    const { exitCode, stdout } = await terminal.run("job", "test", "greet.json", "--output", "json");
    expect(JSON.parse(stdout)).toEqual([
      {
        file: "greet.json",
        job: "greet",
        test: "says bye",
        ok: false,
        differences: [{ about: "request 1", expected: "*/bye", got: "POST [secret BASE_URL]/hello of step say" }],
        result: "ok",
        reason: null,
        took_sec: 3600,
        requests: [
          { after_sec: 0, step: "say", method: "POST", url: "[secret BASE_URL]/hello", answered: "503" },
          { after_sec: 3600, step: "say", method: "POST", url: "[secret BASE_URL]/hello", answered: "200" },
        ],
        unused_answers: [],
      },
    ]);
    expect(exitCode).toBe(1);
  });

  test("plays only the tests that are asked for", async () => {
    const terminal = withoutDatabase();
    terminal.files.set("greet.json", JSON.stringify({ ...GREET, tests: [passing, failing] }));
    expect((await terminal.run("job", "test", "greet.json", "--only", "hello")).stdout).toContain("1 test: 1 ok");
    const { exitCode, stderr } = await terminal.run("job", "test", "greet.json", "--only", "nothing");
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: 'fleetcron: no test has "nothing" in its name\n' });
  });

  test("names what is wrong with a job or its tests by its place, plays the others, and exits 8", async () => {
    const terminal = withoutDatabase();
    const wrong = { ...GREET, name: "wrong", actions: [{ type: "htpt" }], tests: [{ expect: { resutl: "ok" } }] };
    terminal.files.set("jobs.json", JSON.stringify([wrong, { ...GREET, tests: [passing] }]));
    const { exitCode, stdout, stderr } = await terminal.run("job", "test", "jobs.json");
    expect(stderr).toContain('jobs.json: job "wrong" can\'t be tested as it is:\n  /0/actions/0/type');
    expect(stderr).toContain("  /0/tests/0/expect/resutl  unknown field; did you mean result?");
    expect(stdout).toContain("1 test: 1 ok");
    expect(exitCode).toBe(8);
  });

  test("is no success when there is nothing to test", async () => {
    const terminal = withoutDatabase();
    terminal.files.set("greet.json", JSON.stringify(GREET));
    const { exitCode, stderr } = await terminal.run("job", "test", "greet.json");
    expect(stderr).toMatch(/^fleetcron: there are no tests in greet\.json\n/);
    expect(exitCode).toBe(8);
  });

  test("shows the beginning and the end of a run of many requests", async () => {
    const terminal = withoutDatabase();
    const poll = {
      type: "http",
      name: "poll",
      url: "https://a.test/",
      until: { status: 200, every_sec: 1, timeout_sec: 600 },
      expect: { status: ["2xx"] },
    };
    const long = { given: { answers: [{ status: 204, times: 99 }, {}] }, expect: { result: "error" } };
    terminal.files.set("poll.json", JSON.stringify({ ...GREET, actions: [poll], tests: [long] }));
    const { stdout } = await terminal.run("job", "test", "poll.json");
    const lines = stdout.split("\n");
    expect(lines.filter((it) => it.includes("https://a.test/"))).toHaveLength(30);
    expect(lines.find((it) => it.includes("more"))?.trim()).toBe("… 70 more");
  });
});

test("job validate names what is wrong with the tests of a file as well", async () => {
  const terminal = withoutDatabase();
  terminal.files.set("greet.json", JSON.stringify([{ ...GREET, tests: [{ ...passing, given: { answer: [] } }] }]));
  const { exitCode, stdout } = await terminal.run("job", "validate", "--file", "greet.json");
  expect(stdout).toContain("/0/tests/0/given/answer");
  expect(exitCode).toBe(8);
});
