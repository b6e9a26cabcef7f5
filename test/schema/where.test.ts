import { describe, expect, test } from "vitest";
import { errorsOf, jobWith, parseWith, warningsOf } from "./job-document.ts";

describe("where", () => {
  test("keeps a job to machines by labels, host names, ids and serials", () => {
    const where = { labels: { site: "seoul" }, hostnames: ["db-*"], machine_ids: ["m1"], serials: [1, 2] };
    expect(jobWith({ where, run_on: "any" })).toMatchObject({
      runOn: "any",
      where: { labels: { site: "seoul" }, hostnames: ["db-*"], machineIds: ["m1"], serials: [1, 2] },
    });
  });

  test.each([[undefined], [null], [{}], [{ labels: {}, hostnames: [], machine_ids: [], serials: [] }]])(
    "asks for nothing when it is %j",
    (where) => {
      expect(jobWith({ where }).where).toEqual({ labels: {}, hostnames: [], machineIds: [], serials: [] });
      expect(warningsOf(parseWith({ where }))).toEqual([]);
    },
  );

  test.each([
    ["seoul", '/where  must be an object, got "seoul"'],
    [{ labels: "site=seoul" }, "/where/labels  must be an object"],
    [{ labels: { site: 1 } }, "/where/labels/site  must be a text"],
    [{ labels: JSON.parse('{"__proto__": "x"}') as unknown }, "/where/labels/__proto__  the name"],
    [{ hostnames: "db-*" }, "/where/hostnames  must be a list"],
    [{ hostnames: ["db-1", ""] }, "/where/hostnames/1  is empty"],
    [{ hostnames: ["a".repeat(254)] }, "/where/hostnames  no host name is longer"],
    [{ machine_ids: [7] }, "/where/machine_ids/0  must be a text"],
    [{ serials: [1, 0] }, "/where/serials/1  must be at least 1"],
    [{ serials: [1.5] }, "/where/serials/0  must be a whole number"],
    [{ serials: [null] }, "/where/serials/0  is missing"],
    [{ serials: 3 }, "/where/serials  must be a list"],
    [{ region: "asia" }, "/where/region  unknown field; use labels, hostnames, machine_ids, serials"],
    [{ hostname: ["db-1"] }, "/where/hostname  unknown field; did you mean hostnames?"],
  ])("names what is wrong with %j", (where, problem) => {
    expect(errorsOf(parseWith({ where }))).toEqual([expect.stringContaining(problem)]);
  });
});
