import { expect, test } from "vitest";
import { createSetAside } from "../../src/agent/set-aside.ts";
import type { JobId } from "../../src/model/job.ts";
import type { EpochMs } from "../../src/model/time.ts";
import type { Log } from "../../src/ports/log.ts";

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
const job = "refused" as JobId;

test("a job that failed stays out of the round under way when its agent becomes the leader meanwhile", () => {
  const aside = createSetAside({ now: () => 0 as EpochMs, log: SILENT });
  aside.begin([job]);
  aside.add(job, new Error("MongoDB refused its record"));
  aside.forgetPauses();
  expect(aside.isPaused(job), "the next round tries it at once").toBe(false);
  expect(aside.has(job), "this round moves no cursor of it").toBe(true);
  aside.begin([job]);
  expect(aside.has(job)).toBe(false);
});
