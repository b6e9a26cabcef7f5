import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { serve } from "../adapters/undici/hostile-server.ts";
import { openFleet, type RunRow, strayWords } from "../e2e/fleet.ts";

/** A step may take its time limit of 30 s; a busy computer some more. */
const END_MS_MAX = 60_000;
/** What an agent with a handful of runs may need at most, whatever it is sent. */
const MEMORY_MB_MAX = 450;
const NESTED = 1_000_000;
const MEGABYTE = 1_000_000;

const hostile = (path: string): string | Buffer => {
  switch (path) {
    case "/nested":
      return `{"a":${"[".repeat(NESTED / 2 - 5)}${"]".repeat(NESTED / 2 - 5)}}`;
    case "/wide":
      return JSON.stringify({ a: Array.from({ length: 40_000 }, () => [[1], [2]]) });
    case "/proto":
      return '{"__proto__": {"polluted": "yes"}, "constructor": {"prototype": {"polluted": "yes"}}, "a": "from the answer"}';
    case "/letters":
      return JSON.stringify(`${"a".repeat(MEGABYTE - 10)}!`);
    default:
      return "{}";
  }
};

/** A server of the kind that nobody wants to call. */
async function serveHostile(): Promise<string> {
  const bomb = gzipSync(Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(500 * MEGABYTE, "x"), Buffer.from('"}')]));
  return serve((request, response) => {
    const path = request.url ?? "";
    response.setHeader("Content-Type", "application/json");
    if (path === "/bomb") return response.writeHead(200, { "Content-Encoding": "gzip" }).end(bomb);
    if (path !== "/endless") return response.end(hostile(path));
    response.writeHead(200, { "Content-Length": 10_000_000_000 });
    const write = (): void => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    };
    response.on("drain", write);
    return write();
  });
}

const TOO_LONG = /too long to be read as JSON/;
const CAPTURE = { capture: { a: "$.a" } };
/** By job: what its first step asks, and where; what the run comes to, in words that must stand in it. */
const JOBS: Readonly<
  Record<string, readonly [path: string, step: Readonly<Record<string, unknown>>, status: string, words: RegExp]>
> = {
  "a body of 10 GB, of which a value is wanted": ["/endless", CAPTURE, "error", TOO_LONG],
  "a gzip bomb of 500 MB, of which a value is wanted": ["/bomb", CAPTURE, "error", TOO_LONG],
  "JSON that is nested half a million deep": ["/nested", CAPTURE, "error", /vars\.a.* has no value/],
  "a path that multiplies": ["/wide", { capture: { a: "$..[*]..[*]..[*]" } }, "error", /is too large/],
  "names that belong to JavaScript": ["/proto", CAPTURE, "ok", /-/],
  "a regular expression that backtracks": [
    "/letters",
    { expect: { body_matches: '^"(a+)+$' } },
    "error",
    /does not match/,
  ],
  "such a pattern in a JSON Schema": [
    "/letters",
    { expect: { schema: { type: "string", pattern: "^(a+)+$" } } },
    "error",
    /does not follow the schema/,
  ],
  "such a pattern in a capture": ["/letters", { capture: { a: { text: "(a|aa)+$", default: "none" } } }, "ok", /-/],
};

test("hostile answers cost bounded time and memory, end in clear errors, and disturb nothing else", async (context) => {
  const config = { lease: { heartbeat_sec: 3, ttl_sec: 12, guard_sec: 3 }, log: { level: "info", format: "json" } };
  const fleet = await openFleet(context, { config });
  const [agent] = await fleet.startAgents(1);
  if (agent === undefined) throw new Error("no agent");
  await fleet.leaderOf([agent]);
  const url = await serveHostile();
  const quiet = { schedule: "0 0 1 1 *", retry: { retries: 0 } };
  const use = { type: "http", method: "POST", url: `${fleet.target.url}/use`, body: { a: "{{vars.a}}" } };
  for (const [name, [path, step]] of Object.entries(JOBS)) {
    const first = { type: "http", name: "ask", url: `${url}${path}`, ...step };
    await fleet.putJob({ name, ...quiet, actions: "capture" in step ? [first, use] : [first] });
  }
  await fleet.putJob({ name: "good", ...quiet, url: `${fleet.target.url}/good`, method: "POST" });
  await fleet.putJob({
    name: "polluted",
    ...quiet,
    actions: [
      { type: "http", url: `${url}/nothing`, capture: { a: { path: "$.polluted", default: "clean" } } },
      { ...use, url: `${fleet.target.url}/clean` },
    ],
  });

  const runs = new Map<string, string>();
  for (const name of Object.keys(JOBS)) runs.set(name, await fleet.runJob(name));
  const goodAt = performance.now();
  const good = await fleet.ended(await fleet.runJob("good"), END_MS_MAX);
  const goodMs = Math.round(performance.now() - goodAt);
  expect(good.status).toBe("ok");

  const told: string[] = [];
  for (const [name, [, , status, words]] of Object.entries(JOBS)) {
    const row = await fleet.ended(runs.get(name) ?? "", END_MS_MAX);
    told.push(`${name}: ${row.status}, ${row.reason ?? "-"} (${elapsedMs(row)} ms)`);
    const outcome = `${name}: ${row.status} ${row.reason ?? "-"}`;
    expect(outcome).toMatch(new RegExp(`^${name}: ${status} .*${words.source}`, "s"));
    expect(JSON.stringify(row).length).toBeLessThan(50_000);
  }
  expect((await fleet.ended(await fleet.runJob("polluted"))).status).toBe("ok");
  expect(fleet.target.at("/clean").map((it) => it.body)).toEqual(['{"a":"clean"}']);
  const memory = await peakMemoryMb(agent.pid);
  console.log(`${told.join("\n")}\na good run among them took ${goodMs} ms; the agent at most ${memory} MB`);
  expect(memory).toBeLessThan(MEMORY_MB_MAX);
  const troubles = ["fenced", "session_over", "loop_failed", "degraded", "run_failed"];
  expect(agent.lines.filter((it) => it.event !== undefined && troubles.includes(it.event))).toEqual([]);
  expect(strayWords(agent)).toEqual([]);
}, 180_000);

function elapsedMs({ start_at: from, end_at: to }: RunRow): number {
  return Number(to) - Number(from);
}

/** @throws when a Linux does not tell it; other systems have no such file, and say so */
async function peakMemoryMb(pid: number): Promise<number> {
  if (process.platform !== "linux") {
    console.log("the memory of the agent is only looked at on Linux");
    return 0;
  }
  const kilobytes = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error("the peak memory of the agent is not told");
  return Math.round(Number(kilobytes) / 1_024);
}
