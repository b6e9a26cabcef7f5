import { describe, expect, test } from "vitest";
import { createSlotHold } from "../../src/agent/slot-hold.ts";
import { createSlots, type Slots } from "../../src/agent/slots.ts";
import type { EpochMs } from "../../src/model/time.ts";

const at = (ms: number) => ms as EpochMs;
const forEver = new AbortController().signal;

function oneSlot(): Slots {
  const slots = createSlots(() => 1);
  expect(slots.tryTake()).toBe(true);
  return slots;
}

describe("the slot of a run whose branches go side by side", () => {
  test("is given away when one waits and no other sends, and is one slot again when several want it back", async () => {
    const slots = oneSlot();
    const hold = createSlotHold(slots, true);
    hold.beginSend();
    hold.beginRest();
    expect(slots.used).toBe(1);
    hold.beginRest();
    hold.endSend();
    expect(slots.used).toBe(0);
    expect(await Promise.all([hold.take(at(1), forEver), hold.take(at(2), forEver)])).toEqual([true, true]);
    expect(slots.used).toBe(1);
    hold.endRest();
    hold.endRest();
    hold.beginSend();
    hold.endSend();
    expect(slots.used).toBe(1);
    hold.free();
    hold.free();
    expect(slots.used).toBe(0);
  });

  test("is waited for by the others when the branch that asked for it gives up", async () => {
    const slots = oneSlot();
    const hold = createSlotHold(slots, false);
    const control = new AbortController();
    const givesUp = hold.take(at(1), control.signal);
    const waits = hold.take(at(2), forEver);
    control.abort();
    expect(await givesUp).toBe(false);
    slots.free();
    expect(await waits).toBe(true);
    expect(hold.isHeld).toBe(true);
    expect(slots.used).toBe(1);
  });
});
