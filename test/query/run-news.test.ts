import { expect, test } from "vitest";
import type { MachineId } from "../../src/model/machine.ts";
import type { Step } from "../../src/model/run.ts";
import type { EpochMs } from "../../src/model/time.ts";
import type { RunRecord } from "../../src/ports/run-history.ts";
import { createRunNews, type RunNews } from "../../src/query/run-news.ts";
import { at, innerStep, MINUTE, run, step } from "../conformance/samples.ts";

function record(steps: readonly Step[], changes: Partial<RunRecord> = {}): RunRecord {
  const { id, jobId, jobName, trigger, scheduledFor, local, revision, startAt } = run("r");
  return {
    id,
    jobId,
    jobName,
    trigger,
    scheduledFor,
    local,
    status: "running",
    reason: undefined,
    scope: undefined,
    machineId: "m" as MachineId,
    serial: undefined,
    claimedAt: MINUTE,
    startAt,
    endAt: undefined,
    takeovers: 0,
    cancelRequested: false,
    revision,
    steps,
    stretch: undefined,
    ...changes,
  };
}

/** What is told when this is seen so many seconds after the minute; the run's clock is nine hours ahead of UTC. */
const look = (news: RunNews, sec: number, steps: readonly Step[], changes: Partial<RunRecord> = {}) =>
  news.since(record(steps, changes), at(sec * 1_000));

test("each change of a step is a line, told once, with the time at which it was seen", () => {
  const news = createRunNews();
  const submit = (changes: Partial<Step>) => [step(0, { name: "submit", ...changes })];
  expect(look(news, 0, [], { status: "waiting" })).toEqual(["17:00:00 waiting"]);
  expect(look(news, 1, submit({}))).toEqual(["17:00:01 running", "17:00:01 step 1 submit: sent, attempt 1"]);
  expect(look(news, 2, submit({}))).toEqual([]);
  const failed = { status: "waiting", statusCode: 503, error: "status 503", nextAttemptAt: at(5_000) } as const;
  expect(look(news, 3, submit(failed))).toEqual([
    "17:00:03 step 1 submit: failed 503: status 503; attempt 2 at 17:00:05",
  ]);
  expect(look(news, 4, submit(failed), { takeovers: 1 })).toEqual(["17:00:04 another agent goes on with it"]);
  expect(look(news, 5, submit({ attempts: 2, error: "status 503" }))).toEqual([
    "17:00:05 step 1 submit: sent, attempt 2",
  ]);
  const values = { id: "j-1", text: "of its own", "json$.id": "j-1", "header:etag": "x", text$: "all of it" };
  const ok = submit({ status: "ok", attempts: 2, statusCode: 201, elapsedMs: 35, values });
  expect(look(news, 6, ok, { status: "ok", endAt: at(6_060) })).toEqual([
    '17:00:06 step 1 submit: ok 201 in 35 ms; captured id = "j-1", text = "of its own"',
    "17:00:06 ok after 6 s",
  ]);
  expect(look(news, 7, ok, { status: "ok", endAt: at(6_060) })).toEqual([]);
});

test("each poll is one line, and what ends them says how many there were", () => {
  const news = createRunNews();
  const poll = (changes: Partial<Step>) => [step(0, { name: "poll", ...changes })];
  look(news, 0, poll({}));
  const waits = (polls: number, sec: number) =>
    poll({ status: "waiting", statusCode: 204, attempts: 0, polls, nextAttemptAt: at(sec * 1_000) });
  expect(look(news, 1, waits(1, 30))).toEqual(["17:00:01 step 1 poll: 204; poll 2 at 17:00:30"]);
  expect(look(news, 30, poll({ polls: 1, attempts: 1 }))).toEqual([]);
  expect(look(news, 31, waits(2, 60))).toEqual(["17:00:31 step 1 poll: 204; poll 3 at 17:01:00"]);
  const end = poll({ status: "ok", polls: 2, statusCode: 200, elapsedMs: 7 });
  expect(look(news, 60, end)).toEqual(["17:01:00 step 1 poll: ok 200 in 7 ms, after 3 polls"]);
});

test("a list is a counting line, at most one a second, and its first 20 failures by name", () => {
  const news = createRunNews();
  const list = (failed: number, status: Step["status"] = "running") => [
    step(1, { name: "machines", status, attempts: 0, items: { total: 40, ok: 0, failed, skipped: 0 } }),
    ...Array.from({ length: failed }, (_, index) =>
      innerStep("1", index, { name: `m-${index}`, status: "error", error: `no ${index}` }),
    ),
    innerStep("1", 39, { name: "m-39", status: "running" }),
    innerStep("1/39", 0, { name: "poll" }),
  ];
  expect(look(news, 0, list(0)).slice(1)).toEqual(["17:00:00 step 2 machines: 0 ok, 40 to go of 40"]);
  expect(look(news, 0.5, list(1))).toEqual(["17:00:00 step 2.1 m-0: error: no 0"]);
  expect(look(news, 1, list(2))).toEqual([
    "17:00:01 step 2 machines: 0 ok, 2 failed, 38 to go of 40",
    "17:00:01 step 2.2 m-1: error: no 1",
  ]);
  const many = look(news, 1.2, list(30));
  expect(many).toHaveLength(19);
  expect(many.slice(-2)).toEqual([
    "17:00:01 step 2.20 m-19: error: no 19",
    "17:00:01 step 2 machines: more items fail; they are counted",
  ]);
  expect(look(news, 1.4, list(40, "error"))).toEqual(["17:00:01 step 2 machines: error: 0 ok, 40 failed of 40"]);
});

test("steps of a called job, and those that clean up, are told as what they are", () => {
  const news = createRunNews();
  const called = (status: Step["status"]) => step(0, { name: "clean", status, attempts: 0 });
  const inside = innerStep("0", 0, { name: "login", status: "ok", statusCode: 200, elapsedMs: 5 });
  expect(look(news, 0, [called("running")]).slice(1)).toEqual(["17:00:00 step 1 clean: begun"]);
  const cleaning = { cancelRequested: true };
  expect(look(news, 1, [called("ok"), inside, step(3, { name: "tell", part: "finally" })], cleaning)).toEqual([
    "17:00:01 cancel requested",
    "17:00:01 step 1.1 login: ok 200 in 5 ms",
    "17:00:01 step 1 clean: ok",
    "17:00:01 step 4 tell (finally): sent, attempt 1",
  ]);
  const reason = "cancelled by a command";
  const end: Partial<RunRecord> = { ...cleaning, status: "cancelled", reason, endAt: at(2_060) };
  expect(look(news, 2, [called("ok"), inside], end)).toEqual(["17:00:02 cancelled after 2 s: cancelled by a command"]);
});

test("a moment of another day is told with its date", () => {
  const tomorrow = (MINUTE + 86_400_000) as EpochMs;
  const waits = step(0, { name: "sleep", status: "waiting", attempts: 0, nextAttemptAt: tomorrow });
  expect(look(createRunNews(), 0, [waits])[1]).toBe("17:00:00 step 1 sleep: waits until 2027-01-16 17:00:00");
});
