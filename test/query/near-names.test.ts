import { describe, expect, test } from "vitest";
import { nearNames } from "../../src/query/near-names.ts";

describe("near names", () => {
  const known = ["refresh-prices", "refresh-stock", "backup", "report"];

  test("are those a slip away, nearest first", () => {
    expect(nearNames("bakcup", known)).toEqual(["backup"]);
    expect(nearNames("refresh-pricse", known)).toEqual(["refresh-prices"]);
    expect(nearNames("Report", known)).toEqual(["report"]);
  });

  test("are those that hold what was typed", () => {
    expect(nearNames("refresh", known)).toEqual(["refresh-prices", "refresh-stock"]);
  });

  test("are none when nothing is like it", () => {
    expect(nearNames("zzz", known)).toEqual([]);
    expect(nearNames("", known)).toEqual([]);
    expect(nearNames("anything", [])).toEqual([]);
  });

  test("are at most three, each once", () => {
    expect(nearNames("job", ["job-1", "job-2", "job-2", "job-3", "job-4"])).toEqual(["job-1", "job-2", "job-3"]);
  });

  test("are found at once among very long names", () => {
    const long = "x".repeat(20_000);
    expect(
      nearNames(
        long,
        Array.from({ length: 100 }, (_, i) => `${long}${i}`),
      ),
    ).toHaveLength(3);
  });
});
