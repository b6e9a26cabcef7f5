import { afterEach, beforeEach, expect, test } from "vitest";
import { createCommandStore } from "../../../src/adapters/mongo/command-store.ts";
import { type LooseDocument, openTestDatabase, type TestDatabase } from "../../conformance/worlds.ts";
import { type MonitoredLane, openMonitoredLane } from "./monitored-lane.ts";

let opened: TestDatabase;
let monitored: MonitoredLane;

beforeEach(async () => {
  opened = await openTestDatabase();
  monitored = await openMonitoredLane(opened);
});
afterEach(async () => {
  await monitored.close();
  await opened.dispose();
});

test("row 38: many pages of commands cost no look at all commands each", async () => {
  const commands = opened.client.db(opened.database.dbName).collection<LooseDocument>("commands");
  await commands.insertMany(Array.from({ length: 1_050 }, (_, index) => ({ _id: `c-${index}`, type: "ping" })));
  const store = createCommandStore(monitored.lane, () => ({ ok: false, problems: [] }));
  const known = new Set<string>();
  for (;;) {
    const page = await store.readUnknown(known, 100);
    for (const { id } of page) known.add(id);
    if (page.length < 100) break;
  }
  expect(known.size).toBe(1_050);
  expect(monitored.count("aggregate", "commands")).toBe(11);
  expect(monitored.count("find", "commands")).toBe(2);
});
