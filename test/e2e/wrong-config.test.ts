import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { type ProcessEnd, runProgram } from "../support/agent-process.ts";
import { freshDatabase } from "../support/mongo.ts";

const PASSWORD = "tell-n0body";
const API_KEY = "sk-very-secret-4711";

/** The agent with this text as its config, to its end. */
async function startWith(context: TestContext, text: string | undefined, env = {}): Promise<ProcessEnd> {
  const home = await mkdtemp(join(tmpdir(), "fleetcron-e2e-"));
  context.onTestFinished(() => rm(home, { recursive: true, force: true }));
  if (text !== undefined) await writeFile(join(home, "fleetcron.config.json"), text, { mode: 0o600 });
  const end = await runProgram(home, ["agent"], env);
  for (const secret of [PASSWORD, API_KEY]) expect(end.stdout + end.stderr).not.toContain(secret);
  return end;
}

describe.concurrent("an agent with a wrong config ends with exit code 2 and tells no secret", () => {
  test("row 31: when the config is not JSON, with the line", async (context) => {
    const text = `{\n  "mongodb_uri": "mongodb://fleet:${PASSWORD}@db/",\n  "secrets": { "API_KEY": "${API_KEY}" \n  "tz" "UTC"\n}`;
    const { exitCode, stderr } = await startWith(context, text);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/line 4/);
  });

  test("row 31, 32, 36: when several things are wrong, with each of them at once and where it stands", async (context) => {
    const { exitCode, stderr } = await startWith(
      context,
      JSON.stringify({
        mongodb_uri: `mongodb://fleet:${PASSWORD}/#@db1.example.com/`,
        db_nam: "fleet",
        tz: "Europe/Berlln",
        lease: { heartbeat_sec: 3, ttl_sec: 9, guard_sec: 3 },
        secrets: { API_KEY, OTHER: { env: "FLEETCRON_TEST_NOT_SET" } },
        runs: { max_concurrent: 0 },
      }),
    );
    expect(exitCode).toBe(2);
    const problems = [
      /\/mongodb_uri .*percent-encode/,
      /\/db_nam .*db_name/,
      /\/tz .*Europe\/Berlin/,
      /\/lease .*ttl_sec must be at least .* 12, got 9/,
      /\/secrets\/OTHER.*FLEETCRON_TEST_NOT_SET/,
      /\/runs\/max_concurrent/,
    ];
    for (const problem of problems) expect(stderr).toMatch(problem);
  });

  test.for(["@", "/", ":", "?", "#", "%"])(
    "row 32: when the password in the URI holds a %s that is not encoded",
    async (character, context) => {
      const mongodb_uri = `mongodb://fleet:${PASSWORD}${character}${API_KEY}@db1.example.com/`;
      const { exitCode, stderr } = await startWith(context, JSON.stringify({ mongodb_uri }));
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/\/mongodb_uri .*percent-encode/);
    },
  );

  test("when there is none, with the three ways to have one", async (context) => {
    const { exitCode, stderr } = await startWith(context, undefined);
    expect(exitCode).toBe(2);
    for (const way of ["fleetcron init", "FLEETCRON_MONGODB_URI", "--embedded"]) expect(stderr).toContain(way);
  });

  test("when the one that is named does not exist", async (context) => {
    const { exitCode, stderr } = await startWith(context, undefined, { FLEETCRON_CONFIG: "/nowhere/fleetcron.json" });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("/nowhere/fleetcron.json, which does not exist");
  });
});

test("an agent with a wrong password for MongoDB ends with exit code 4 and does not repeat it", async (context) => {
  const mongodb_uri = freshDatabase("auth").uri.replace(/^mongodb:\/\/([^@/]*@)?/, `mongodb://nobody:${PASSWORD}@`);
  const { exitCode, stderr } = await startWith(context, JSON.stringify({ mongodb_uri }));
  expect(exitCode).toBe(4);
  expect(stderr).toMatch(/user|password|authenticat/i);
});
