import { describe, expect, test } from "vitest";
import { createSlotHold } from "../../src/agent/slot-hold.ts";
import { slotSavingHttp } from "../../src/agent/slot-saving-http.ts";
import { createSlots } from "../../src/agent/slots.ts";
import type { EpochMs } from "../../src/model/time.ts";
import type { HttpClient, HttpOutcome, HttpRequest } from "../../src/ports/http-client.ts";

const REQUEST: HttpRequest = {
  method: "GET",
  url: "http://target.test/",
  headers: {},
  body: undefined,
  timeoutMs: 1_000,
  redirects: 0,
  maxBodyBytes: 1_000,
};
const OK: HttpOutcome = { kind: "response", status: 200, headers: {}, body: "", truncated: false, elapsedMs: 1 };
const ABORTED: HttpOutcome = { kind: "failure", cause: "aborted", message: "unsent", elapsedMs: 0 };

/** A host that is busy until it is told otherwise. */
function busyHost() {
  let giveTurn = (): void => {};
  const turn = new Promise<void>((resolve) => {
    giveTurn = resolve;
  });
  const http: HttpClient = {
    async exchange(_request, _signal, mayStillSend, onWait) {
      onWait?.();
      await turn;
      return (await mayStillSend?.()) === false ? ABORTED : OK;
    },
  };
  return { http, giveTurn: () => giveTurn() };
}

describe("a request that waits for its turn at a busy host", () => {
  const { signal } = new AbortController();

  test("leaves its run's slot to others, and is sent only with a slot in hand again", async () => {
    const slots = createSlots(() => 1);
    expect(slots.tryTake()).toBe(true);
    const slot = createSlotHold(slots, true);
    const { http, giveTurn } = busyHost();
    let isSent = false;
    const exchange = slotSavingHttp(http, slot, () => 0 as EpochMs)
      .exchange(REQUEST, signal)
      .then(() => {
        isSent = true;
      });
    expect(slots.tryTake()).toBe(true);
    giveTurn();
    await new Promise(setImmediate);
    expect(isSent).toBe(false);
    slots.free();
    await exchange;
    expect(slots.used).toBe(1);
    slot.free();
    slot.free();
    expect(slots.used).toBe(0);
  });

  test("is not sent, and keeps no slot, when its run is stopped before it has a slot again", async () => {
    const slots = createSlots(() => 1);
    expect(slots.tryTake()).toBe(true);
    const slot = createSlotHold(slots, true);
    const { http, giveTurn } = busyHost();
    const control = new AbortController();
    const outcome = slotSavingHttp(http, slot, () => 0 as EpochMs).exchange(REQUEST, control.signal);
    expect(slots.tryTake()).toBe(true);
    giveTurn();
    await new Promise(setImmediate);
    control.abort();
    expect(await outcome).toEqual(ABORTED);
    expect(slots.used).toBe(1);
  });

  test("asks whether it may be sent after it has its slot again", async () => {
    const slots = createSlots(() => 1);
    const slot = createSlotHold(slots, slots.tryTake());
    const { http, giveTurn } = busyHost();
    const exchange = slotSavingHttp(http, slot, () => 0 as EpochMs).exchange(REQUEST, signal, async () => false);
    giveTurn();
    expect(await exchange).toEqual(ABORTED);
  });
});
