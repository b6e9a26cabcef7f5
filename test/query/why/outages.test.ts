import { describe, expect, test } from "vitest";
import type { FleetEventType } from "../../../src/model/event.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { StoredEvent } from "../../../src/ports/event-reader.ts";
import { handoversOf } from "../../../src/query/why/handovers.ts";
import { outagesIn } from "../../../src/query/why/outages.ts";

const at = (clock: string) => Date.parse(`2026-11-21T${clock}Z`) as EpochMs;

function told(clock: string, type: FleetEventType, facts: StoredEvent["facts"]): StoredEvent {
  return { type, at: at(clock), message: "", facts };
}

function away(since: string, until: string): StoredEvent {
  const iso = (clock: string) => new Date(at(clock)).toISOString();
  const facts = { machine_id: "m", hostname: since, since: iso(since), until: iso(until) };
  return told(until, "database_away", facts);
}

describe("outages of MongoDB around an occurrence", () => {
  const found = (...events: readonly StoredEvent[]) =>
    outagesIn(events, at("12:00:00"), at("12:01:00")).map((it) => it.hostname);

  test.each([
    ["over before it", away("11:59:00", "11:59:59"), []],
    ["over at that moment", away("11:59:00", "12:00:00"), ["11:59:00"]],
    ["within", away("12:00:10", "12:00:20"), ["12:00:10"]],
    ["around it", away("11:00:00", "13:00:00"), ["11:00:00"]],
    ["begun when it was settled", away("12:01:00", "12:02:00"), ["12:01:00"]],
    ["begun after that", away("12:01:01", "12:02:00"), []],
  ])("%s", (_, event, names) => {
    expect(found(event)).toEqual(names);
  });

  test("come in the order in which they began, and without what is no outage", () => {
    const other = told("12:00:30", "machine_fenced", { since: "2026-11-21T12:00:30.000Z" });
    const broken = told("12:00:30", "database_away", { since: "once" });
    expect(found(away("12:00:20", "12:00:40"), other, broken, away("12:00:10", "12:00:50"))).toEqual([
      "12:00:10",
      "12:00:20",
    ]);
  });
});

describe("the changes of hands of a run", () => {
  test("are its own alone, and an unknown machine stays unknown", () => {
    const events = [
      told("12:00:10", "run_taken_over", { run: "a", from_machine_id: "m-1", to_machine_id: "m-2" }),
      told("12:00:20", "run_taken_over", { run: "b", from_machine_id: "m-1", to_machine_id: "m-2" }),
      told("12:00:30", "run_taken_over", { run: "a", to_machine_id: "m-3" }),
    ];
    expect(handoversOf("a", events)).toEqual([
      { at: at("12:00:10"), fromMachine: "m-1", toMachine: "m-2" },
      { at: at("12:00:30"), fromMachine: undefined, toMachine: "m-3" },
    ]);
  });
});
