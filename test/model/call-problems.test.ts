import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Action } from "../../src/model/action.ts";
import { withCallProblems } from "../../src/model/call-problems.ts";
import type { ReadJob } from "../../src/model/call-targets.ts";
import { GROWTH_MAX, growthForSixteenfold } from "../support/growth.ts";
import type { Job, JobId } from "../../src/model/job.ts";

const BASE = { name: undefined, when: { hourIn: undefined, minuteIn: undefined }, continueOnFailure: false };
const call = (job: string): Action => ({ type: "job", ...BASE, job, vars: {} });
const each = (...actions: readonly Action[]): Action => {
  return { type: "for_each", ...BASE, in: [1], as: "item", concurrency: 1, actions, onFailure: [], finally: [] };
};

/** A job whose name is its id, with these actions. */
function jobOf(id: string, parts: Partial<Pick<Job, "actions" | "onFailure" | "finally">>, name = id): ReadJob {
  const value = { id, name, actions: [], ...parts } as unknown as Job;
  return { id: id as JobId, name, parsed: { ok: true, value, warnings: [] } };
}

const calling = (id: string, ...others: readonly string[]) => jobOf(id, { actions: others.map(call) });

/** What is wrong by job: `error /actions/0/job …`. */
function problemsOf(jobs: readonly ReadJob[]): Readonly<Record<string, readonly string[]>> {
  const judged = withCallProblems(jobs).map(({ id, parsed }): readonly [string, readonly string[]] => [
    id,
    (parsed.ok ? parsed.warnings : parsed.problems).map((it) => `${it.severity} ${it.path} ${it.message}`),
  ]);
  return Object.fromEntries(judged.filter(([, problems]) => problems.length > 0));
}

const invalidOf = (jobs: readonly ReadJob[]) =>
  withCallProblems(jobs).flatMap(({ id, parsed }) => (parsed.ok ? [] : [id as string]));

describe("jobs that call each other", () => {
  test("are invalid when they are on a cycle, which is printed; others are not", () => {
    expect(problemsOf([calling("a", "b"), calling("b", "a"), calling("c", "d"), jobOf("d", {})])).toEqual({
      a: ["error /actions/0/job calls itself: a -> b -> a; take one of these calls away"],
      b: ["error /actions/0/job calls itself: b -> a -> b; take one of these calls away"],
    });
  });

  test("are invalid when one calls itself", () => {
    expect(problemsOf([calling("a", "x", "a"), jobOf("x", {})])).toEqual({
      a: ["error /actions/1/job calls itself: a -> a; take one of these calls away"],
    });
  });

  test("are found in for_each, on_failure and finally, with their places", () => {
    const jobs = [
      jobOf("a", { actions: [each(each(call("b")))] }),
      jobOf("b", { onFailure: [call("c")] }),
      jobOf("c", { finally: [call("d"), call("a")] }),
      jobOf("d", {}),
    ];
    expect(problemsOf(jobs)).toEqual({
      a: ["error /actions/0/actions/0/actions/0/job calls itself: a -> b -> c -> a; take one of these calls away"],
      b: ["error /on_failure/0/job calls itself: b -> c -> a -> b; take one of these calls away"],
      c: ["error /finally/1/job calls itself: c -> a -> b -> c; take one of these calls away"],
    });
  });

  test("mean an id before a name, and a name only when one job has it", () => {
    const twins = [jobOf("1", {}, "twin"), jobOf("2", {}, "twin"), jobOf("a", {}, "b")];
    expect(problemsOf([...twins, calling("b", "a", "twin", "b")])).toEqual({
      b: [
        "error /actions/2/job calls itself: b -> b; take one of these calls away",
        'warning /actions/1/job 2 jobs are named "twin", so the step fails; write the id of the one that is meant',
      ],
    });
  });

  test("are warned about a job that is not there or is invalid, itself or by its calls", () => {
    const broken: ReadJob = { id: "x" as JobId, name: "x", parsed: { ok: false, problems: [] } };
    expect(problemsOf([calling("a", "gone", "x", "b"), broken, calling("b", "b")])).toMatchObject({
      a: [
        'warning /actions/0/job no job has the id or name "gone"; the step fails until there is one',
        'warning /actions/1/job the job "x" is invalid; the step fails until that job is mended',
        'warning /actions/2/job the job "b" is invalid; the step fails until that job is mended',
      ],
    });
  });

  test("may follow each other 5 times and no further", () => {
    const chain = ["1", "2", "3", "4", "5", "6"].map((id) => calling(id, String(Number(id) + 1)));
    const end = jobOf("7", {});
    expect(problemsOf([...chain.slice(1), end])).toEqual({});
    expect(problemsOf([...chain, end])).toEqual({
      "1": [
        expect.stringContaining(
          "error /actions/0/job leads through 6 calls (1 -> 2 -> 3 -> 4 -> 5 -> 6 -> …); at most 5",
        ),
      ],
    });
  });

  test("are judged anew when they were judged before, among other jobs", () => {
    const [a, b] = withCallProblems([calling("a", "b"), calling("b", "a")]);
    if (a === undefined || b === undefined) throw new Error("no jobs");
    expect(invalidOf([a, b])).toEqual(["a", "b"]);
    expect(problemsOf([a, jobOf("b", {})])).toEqual({});
  });

  test("that have no problem are the same objects again", () => {
    const jobs = [calling("a", "b"), jobOf("b", {}), calling("c", "c")];
    const judged = withCallProblems(jobs);
    expect(judged[0]).toBe(jobs[0]);
    expect(judged[1]).toBe(jobs[1]);
    const calm = jobs.slice(0, 2);
    expect(withCallProblems(calm)).toBe(calm);
  });

  test("are invalid exactly when a way leads back to them, or more than 5 calls follow", () => {
    const places = [0, 1, 2, 3, 4, 5, 6, 7];
    const graph = fc.array(fc.uniqueArray(fc.constantFrom(...places), { maxLength: 3 }), {
      minLength: 8,
      maxLength: 8,
    });
    fc.assert(
      fc.property(graph, (targets) => {
        const jobs = targets.map((ahead, place) => calling(String(place), ...ahead.map(String)));
        expect(invalidOf(jobs)).toEqual(places.filter((it) => isWrong(it, targets)).map(String));
      }),
    );
  });

  test("are found in a ring of 100,000 jobs of which each calls the next", () => {
    expect(invalidOf(ring(100_000))).toHaveLength(100_000);
  });

  test("take as much longer to be found as there are more jobs", () => {
    const growth = growthForSixteenfold(500, (size) => {
      const jobs = ring(size);
      return () => void invalidOf(jobs);
    });
    expect(growth).toBeLessThan(GROWTH_MAX);
  });

  function ring(count: number) {
    return Array.from({ length: count }, (_, at) => calling(`j${at}`, `j${(at + 1) % count}`));
  }
});

/** The same by looking along every way. */
function isWrong(job: number, targets: readonly (readonly number[])[]): boolean {
  const isOnCycle = (from: number) => reach(from, targets).has(from);
  if (isOnCycle(job)) return true;
  const depth = (from: number): number => {
    const ahead = targets[from] ?? [];
    return ahead.length === 0 ? 0 : 1 + Math.max(...ahead.map((it) => (isOnCycle(it) ? 0 : depth(it))));
  };
  return depth(job) > 5;
}

function reach(from: number, targets: readonly (readonly number[])[]): ReadonlySet<number> {
  const seen = new Set<number>(targets[from] ?? []);
  for (const it of seen) for (const ahead of targets[it] ?? []) seen.add(ahead);
  return seen;
}
