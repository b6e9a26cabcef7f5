import { expect, test } from "vitest";
import { createRunPen } from "../../src/agent/run-pen.ts";
import { innerStep, keyOf, run, step } from "../conformance/samples.ts";

const penOf = (steps: Parameters<typeof run>[1]) => createRunPen(run("r", steps), async () => "stored");

test("a run is in doubt while an attempt of any of its steps is stored and not answered", async () => {
  const loop = step(0, { status: "running" });
  const pen = penOf({ steps: [loop, innerStep("0", 0, { status: "running" })] });
  expect(pen.isInDoubt).toBe(false);
  await pen.store({ steps: [innerStep("0/0", 0), innerStep("0/1", 0)] });
  expect(pen.isInDoubt).toBe(true);
  await pen.store({ steps: [innerStep("0/1", 0, { status: "ok" })] });
  expect(pen.isInDoubt).toBe(true);
  await pen.store({ steps: [innerStep("0", 0, { status: "ok" })], forgotten: [keyOf("0/0/0")] });
  expect(pen.isInDoubt).toBe(false);
  expect(pen.hold.seq).toBe(3);
});
