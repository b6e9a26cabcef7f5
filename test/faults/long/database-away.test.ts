import { expect, test } from "vitest";
import { liveThroughOutage, RECOVERY_MS_MAX } from "../support/outage.ts";

/** It goes away just before a minute, and is back in the middle of one: which minute is the newest is beyond doubt. */
const AWAY_MS = 10 * 60_000 + 25_000;
/** The default. After a long outage agents come back up to 6 s apart, and within a ttl nobody ends another's session. */
const LEASE = { heartbeat_sec: 3, ttl_sec: 12, guard_sec: 3 };

test("F20: MongoDB is away for 10 minutes: nothing is sent meanwhile, what was due is caught up as each job says, and no session is lost", {
  timeout: AWAY_MS + 300_000,
}, async (context) => {
  const { minutes, recoveryMs } = await liveThroughOutage(context, { awayMs: AWAY_MS, lease: LEASE });
  expect(minutes).toBe(11);
  expect(recoveryMs).toBeLessThan(RECOVERY_MS_MAX);
});
