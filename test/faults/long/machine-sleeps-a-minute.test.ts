import { expect, test } from "vitest";
import { NOTICED_MS_MAX, stopAndWake } from "../support/wake-up.ts";

const LEASE = { heartbeat_sec: 3, ttl_sec: 12, guard_sec: 3 };
const STOPPED_MS = 60_000;

test("F5: an agent with the default lease that was stopped for 60 s knows it before it does anything else", async (context) => {
  expect(await stopAndWake(context, { config: { lease: LEASE } }, STOPPED_MS)).toBeLessThan(NOTICED_MS_MAX);
});
