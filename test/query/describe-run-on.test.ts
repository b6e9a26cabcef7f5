import { expect, test } from "vitest";
import { describeRunOn } from "../../src/query/describe-run-on.ts";
import { ANYWHERE } from "../../src/model/where.ts";

test.each([
  ["leader", {}, "the leader"],
  ["leader", { labels: { role: "db" } }, "the leader, else the lowest serial, with labels role=db"],
  ["all", {}, "every machine"],
  ["all", { hostnames: ["db-*", "gpu-?"] }, "every machine with hostnames db-*, gpu-?"],
  ["any", {}, "any machine"],
  ["any", { machineIds: ["m1"], serials: [1, 2] }, "any machine with machine_ids m1 and serials 1, 2"],
] as const)("run_on %s and where %j is %s", (runOn, where, words) => {
  expect(describeRunOn({ runOn, where: { ...ANYWHERE, ...where } })).toBe(words);
});
