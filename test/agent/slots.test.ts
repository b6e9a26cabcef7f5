import { describe, expect, test } from "vitest";
import { createSlots } from "../../src/agent/slots.ts";

const forEver = new AbortController().signal;

describe("slots", () => {
  test("go to whoever is due first, and among those of one time to whoever came first", async () => {
    const slots = createSlots(() => 1);
    const order: string[] = [];
    const wait = async (name: string, dueAt: number): Promise<void> => {
      if (await slots.take(dueAt, forEver)) order.push(name);
      slots.free();
    };
    expect(slots.tryTake()).toBe(true);
    const all = [wait("late", 200), wait("early", 100), wait("late too", 200), wait("handed over", 50)];
    slots.free();
    await Promise.all(all);
    expect(order).toEqual(["handed over", "early", "late", "late too"]);
    expect(slots.used).toBe(0);
  });

  test("are not taken by a newcomer while somebody waits, also when there may be more of them than before", async () => {
    let max = 1;
    const slots = createSlots(() => max);
    expect(slots.tryTake()).toBe(true);
    const waiting = slots.take(100, forEver);
    max = 2;
    expect(slots.tryTake()).toBe(false);
    slots.free();
    expect(await waiting).toBe(true);
  });

  test("are not given to who has given up", async () => {
    const slots = createSlots(() => 1);
    expect(slots.tryTake()).toBe(true);
    const control = new AbortController();
    const givesUp = slots.take(1, control.signal);
    const waits = slots.take(2, forEver);
    control.abort();
    expect(await givesUp).toBe(false);
    slots.free();
    expect(await waits).toBe(true);
    expect(slots.used).toBe(1);
  });
});
