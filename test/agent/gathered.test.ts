import { describe, expect, test } from "vitest";
import { gathered } from "../../src/agent/gathered.ts";
import { StoreUnavailableError } from "../../src/model/errors.ts";

/** Doubles numbers and notes which came together; one of them may be refused. */
function doubling(batchMax: number, refuse: (items: readonly number[]) => void = () => {}) {
  const batches: (readonly number[])[] = [];
  const double = gathered(batchMax, async (items: readonly number[]) => {
    batches.push(items);
    await new Promise(setImmediate);
    refuse(items);
    return items.map((it) => it * 2);
  });
  return { double, batches };
}

describe("calls that are gathered", () => {
  test("travel together, and those that come meanwhile with the next; each gets its own answer", async () => {
    const { double, batches } = doubling(3);
    const first = [1, 2, 3, 4].map(double);
    await Promise.all(first.slice(0, 3));
    const second = [5, 6].map(double);
    expect(await Promise.all([...first, ...second])).toEqual([2, 4, 6, 8, 10, 12]);
    expect(batches[0]).toEqual([1, 2, 3]);
    expect(batches.flat()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(batches.length).toBeLessThan(5);
  });

  test("are tried one by one when they are refused together: only the one that is to blame fails", async () => {
    const { double } = doubling(10, (items) => {
      if (items.includes(2)) throw new Error("2 is refused");
    });
    const ends = await Promise.allSettled([1, 2, 3].map(double));
    expect(ends.map((it) => (it.status === "fulfilled" ? it.value : String(it.reason)))).toEqual([
      2,
      "Error: 2 is refused",
      6,
    ]);
  });

  test("fail together when nobody answered: what became of them is unknown", async () => {
    const { double, batches } = doubling(10, () => {
      throw new StoreUnavailableError("double", new Error("away"));
    });
    const ends = await Promise.allSettled([1, 2].map(double));
    expect(ends.map((it) => it.status)).toEqual(["rejected", "rejected"]);
    expect(batches).toHaveLength(1);
  });
});
