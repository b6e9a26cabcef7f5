import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEventLog } from "../../../src/adapters/mongo/event-log.ts";
import type { Lane } from "../../../src/adapters/mongo/lane.ts";
import { createEventReader } from "../../../src/adapters/mongo/read-events.ts";
import { createServerTime } from "../../../src/adapters/mongo/server-time.ts";
import { StoreUnavailableError } from "../../../src/model/errors.ts";
import type { FleetEvent } from "../../../src/model/event.ts";
import type { MonotonicMs } from "../../../src/model/time.ts";
import { openTestDatabase, type TestDatabase } from "../../conformance/worlds.ts";

const EVENT: FleetEvent = { type: "machine_fenced", message: "no renewal was acknowledged", facts: { serial: 3 } };

describe("the event log", () => {
  let opened: TestDatabase;
  let nowMs = 1_000;
  let isAway = false;
  let tries = 0;

  /** A way to MongoDB that carries each write out and loses its answer while it is away. */
  const lane = (): Lane => ({
    async run(name, operation) {
      tries++;
      const result = await opened.database.work.run(name, operation);
      if (isAway) throw new StoreUnavailableError(name, new Error("away"));
      return result;
    },
  });
  const log = () => createEventLog(lane(), { monotonicNow: () => nowMs as MonotonicMs });
  const stored = () =>
    createEventReader(opened.database.work).find({ types: ["machine_fenced"], prefer: "latest", limit: 20_000 });

  beforeEach(async () => {
    opened = await openTestDatabase();
    [nowMs, isAway, tries] = [1_000, false, 0];
  });
  afterEach(() => opened.dispose());

  test("stores what could not be stored at first once, with the time at which it happened", async () => {
    const before = await createServerTime(opened.database.work).now();
    let refuse = true;
    const refusing: Lane = {
      run: (name, operation) =>
        refuse ? Promise.reject(new StoreUnavailableError(name, new Error("away"))) : lane().run(name, operation),
    };
    const late = createEventLog(refusing, { monotonicNow: () => nowMs as MonotonicMs });
    late.record(EVENT);
    await late.flush();
    nowMs += 40_000;
    refuse = false;
    await late.flush();
    const [event] = await stored();
    expect(event).toMatchObject(EVENT);
    expect((event?.at ?? 0) - before).toBeLessThanOrEqual(-35_000);
  });

  test("stores nothing twice when the answer was lost, and keeps the first time", async () => {
    const events = log();
    isAway = true;
    events.record(EVENT);
    await events.flush();
    const [first] = await stored();
    nowMs += 20_000;
    isAway = false;
    await events.flush();
    expect(tries).toBe(2);
    expect(await stored()).toEqual([first]);
  });

  test("gives up the oldest of very many that wait", async () => {
    const events = log();
    isAway = true;
    for (let n = 0; n < 10_500; n++) events.record({ ...EVENT, facts: { n } });
    isAway = false;
    await events.flush();
    const found = (await stored()).map((it) => it.facts["n"]);
    // The first was on its way before the others came.
    expect(found.filter((it) => Number(it) >= 500)).toHaveLength(10_000);
    expect(found.length).toBeLessThan(10_010);
  });
});
