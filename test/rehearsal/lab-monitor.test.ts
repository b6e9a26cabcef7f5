import { describe, expect, test } from "vitest";
import { rehearse } from "../../src/rehearsal/rehearse.ts";
import { labMonitor } from "./lab-monitor.ts";
import { jobIn, PARTS, testsIn, told } from "./rehearse-document.ts";

describe("the tests in the document of a lab monitor", () => {
  test.each(testsIn(labMonitor))("are ok: $name", async (it) => {
    const report = await rehearse(jobIn(labMonitor), it, PARTS);
    expect(told(report)).toEqual([]);
    expect(report.unusedAnswers).toEqual([]);
  });

  test("find a job that no longer cancels what it began", async () => {
    const [forEach] = labMonitor.actions.slice(2);
    const careless = { ...labMonitor, actions: [...labMonitor.actions.slice(0, 2), { ...forEach, on_failure: [] }] };
    const [first] = testsIn(labMonitor);
    if (first === undefined) throw new Error("there is no test");
    expect(told(await rehearse(jobIn(careless), first, PARTS))).toEqual([
      "requests: expected */job/job-endless/action, got no such request",
      "requests: expected */job/job-failing/action, got no such request",
    ]);
  });
});
