import { describe, expect, test } from "vitest";
import { type Circumstances, judge } from "../soak/judge.ts";
import type { SoakJob } from "../soak/soak-jobs.ts";
import type { Sent } from "../soak/soak-target.ts";

const FROM = Date.UTC(2026, 10, 21, 12, 0);
const JOBS: readonly SoakJob[] = [
  { name: "one", runOn: "leader", everyMinutes: 1, isSlow: false },
  { name: "two", runOn: "all", everyMinutes: 2, isSlow: false },
];
const WHOLE: Circumstances = { jobs: JOBS, machines: ["a", "b"], from: FROM, upTo: FROM + 60_000, wakeUps: [] };

/** A run as it should be: every step answered well at its first attempt. */
function run(job: string, minute: number, machine: string): Sent[] {
  const scheduledFor = new Date(FROM + minute * 60_000).toISOString();
  const facts = { job, scheduledFor, machine, run: `${job}|${minute}|${machine}`, attempt: 1, fence: 1, status: 200 };
  return [0, 1, 2].map((step) => ({ ...facts, step, at: FROM + minute * 60_000 + step }));
}

const whole = () => [run("one", 0, "a"), run("one", 1, "b"), run("two", 0, "a"), run("two", 0, "b")].flat();
const verdictOf = (sent: readonly Sent[], circumstances = WHOLE) => judge(sent, circumstances).violations.join("\n");

describe("the judge of the soak", () => {
  test("finds nothing where everything was sent once, and counts what was due", () => {
    expect(judge(whole(), WHOLE)).toEqual({ violations: [], occurrences: 4, requests: 12, excused: 0 });
  });

  test("finds an occurrence that was never sent, in the fleet and of one machine", () => {
    expect(verdictOf(whole().filter((it) => !(it.job === "one" && it.run.includes("|1|"))))).toMatch(/^promise 2: one/);
    expect(verdictOf(whole().filter((it) => it.run !== "two|0|b"))).toMatch(/^promise 2: two .* on b was never sent$/);
  });

  test("finds one that was not due", () => {
    expect(verdictOf([...whole(), ...run("two", 1, "a")])).toMatch(/^promise 2: two\|1\|a was never due$/);
  });

  test("finds two runs of one occurrence", () => {
    const second = run("one", 0, "b").map((it) => ({ ...it, run: "one|0|again" }));
    expect(verdictOf([...whole(), ...second])).toMatch(/^promise 1: one .* had 2 runs$/);
  });

  test("finds an attempt that came twice", () => {
    expect(verdictOf([...whole(), ...run("one", 0, "a").slice(2)])).toMatch(/^promise 1: .* came twice$/);
  });

  test("finds more attempts than the job allows", () => {
    const [last] = run("one", 0, "a").slice(2);
    if (last === undefined) throw new Error("no step");
    const more = [2, 3, 4, 5].map((attempt) => ({ ...last, attempt }));
    expect(verdictOf([...whole(), ...more])).toMatch(/^promise 3: .* was sent 5 times$/);
  });

  test("finds a step that was sent before the one before it was answered well", () => {
    const unanswered = whole().map((it) => (it.run === "one|0|a" && it.step === 0 ? { ...it, status: 503 } : it));
    expect(verdictOf(unanswered)).toMatch(/^promise 3: one\|0\|a step 1 was sent before step 0/);
    expect(verdictOf(whole().filter((it) => it.run !== "one|0|a" || it.step !== 1))).toMatch(/^promise 3: /);
  });

  test("finds a run of one machine that another sent", () => {
    const taken = whole().map((it) => (it.run === "two|0|a" && it.step === 2 ? { ...it, machine: "b" } : it));
    expect(verdictOf(taken)).toMatch(/^promise 1: two\|0\|a was sent by 2 machines$/);
  });

  test("finds what a former owner sent, unless its process had just been paused", () => {
    const late = whole().map((it) => (it.run === "one|0|a" && it.step === 1 ? { ...it, fence: 2, machine: "b" } : it));
    expect(verdictOf(late)).toMatch(/^promise 4: one\|0\|a step 2 sent by a former owner a$/);
    const excused = judge(late, { ...WHOLE, wakeUps: [{ machine: "a", at: FROM }] });
    expect([excused.violations, excused.excused]).toEqual([[], 1]);
  });
});
