import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCommand } from "../../src/schema/command.ts";
import { errorsOf, valueOf, warningsOf } from "./job-document.ts";

const read = (document: unknown) => parseCommand(document, "c1");

describe("a command", () => {
  test.each(["reload_jobs", "reload_config", "refresh", "ping", "drain", "undrain", "stop"])(
    "%s of the original's shape is fine",
    (type) => {
      const parsed = read({ _id: "c1", type, target: "all", created_at: "long ago", who: "ann" });
      expect(valueOf(parsed)).toEqual({ id: "c1", action: { type }, target: { kind: "all" }, expiresAt: undefined });
      expect(warningsOf(parsed)).toEqual([]);
    },
  );

  test("names the job or the run it is about, in its arguments or beside them", () => {
    expect(valueOf(read({ type: "run_job", target: "leader", args: { job: "nightly", vars: {} } }))).toEqual({
      id: "c1",
      expiresAt: undefined,
      action: { type: "run_job", job: "nightly" },
      target: { kind: "leader" },
    });
    expect(valueOf(read({ type: "run_job", target: "leader", job: "nightly" })).action).toEqual({
      type: "run_job",
      job: "nightly",
    });
    const vars = { note: "{{KEY}} {{", ids: [1n, { "a.b": null }], zip: "01234" };
    for (const fields of [{ args: { job: "nightly", vars } }, { job: "nightly", vars }]) {
      expect(valueOf(read({ type: "run_job", target: "leader", ...fields })).action).toEqual({
        type: "run_job",
        job: "nightly",
        vars,
      });
    }
    expect(valueOf(read({ type: "cancel_run", target: "all", args: { run: "j|x|fleet" } })).action).toEqual({
      type: "cancel_run",
      run: "j|x|fleet",
    });
  });

  test.each([
    [
      { type: "pause_job", args: { job: "a" } },
      { type: "pause_job", job: "a", until: undefined },
    ],
    [
      { type: "pause_job", args: { job: "a", until: "2026-12-01T09:00Z" } },
      { type: "pause_job", job: "a", until: Date.UTC(2026, 11, 1, 9) },
    ],
    [
      { type: "resume_job", job: "a" },
      { type: "resume_job", job: "a" },
    ],
    [
      { type: "log_level", args: { level: "debug" } },
      { type: "log_level", level: "debug", forMs: undefined },
    ],
    [
      { type: "log_level", level: "debug", for_sec: 60 },
      { type: "log_level", level: "debug", forMs: 60_000 },
    ],
    [
      {
        type: "backfill",
        args: { job: "a", times: ["2026-12-01T09:01Z", "2026-12-01T09:00Z", "2026-12-01T10:00+01:00"] },
      },
      { type: "backfill", job: "a", times: [Date.UTC(2026, 11, 1, 9), Date.UTC(2026, 11, 1, 9, 1)] },
    ],
  ])("says with its arguments what is to be done: %j", (fields, action) => {
    expect(valueOf(read({ target: "leader", ...fields })).action).toEqual(action);
  });

  test.each([
    [{ labels: { site: "seoul", role: "db" } }, { kind: "labels", labels: { site: "seoul", role: "db" } }],
    [3, { kind: "serial", serial: 3 }],
    [3n, { kind: "serial", serial: 3 }],
    ["leader", { kind: "leader" }],
    ["db-1.example", { kind: "machine", name: "db-1.example" }],
    ["$token", { kind: "machine", name: "$token" }],
  ])("for %s reaches whom it names", (target, reached) => {
    expect(valueOf(read({ type: "ping", target })).target).toEqual(reached);
  });

  test("for a number in quotes reaches a machine of that name, with a warning", () => {
    const parsed = read({ type: "ping", target: "3" });
    expect(valueOf(parsed).target).toEqual({ kind: "machine", name: "3" });
    expect(warningsOf(parsed)).toEqual(["/target  names a machine; for the serial write 3 without quotes"]);
  });

  test.each([
    [{ type: "run_job", target: "all", args: { job: "a", vars: [1] } }, "/args/vars  must be an object, got a list"],
    [{ type: "run_job", target: "all", args: { job: "a", vars: { "b.c": 1 } } }, "/args/vars/b.c  is not a name"],
    [
      { type: "run_job", target: "all", args: { job: "a", vars: Object.fromEntries([["constructor", 1]]) } },
      '/args/vars/constructor  the name "constructor" is refused for safety',
    ],
    [{ type: "run_job", target: "all", args: { job: "a", vars: { b: NaN } } }, "/args/vars/b  is not a number"],
    [
      { type: "run_job", target: "all", job: "a", vars: { b: "가".repeat(5_460) } },
      "/vars  must be at most 16384 bytes as JSON, got 16388",
    ],
    [{ type: "backfill", target: "leader", args: { job: "a" } }, "/args/times  names no time"],
    [{ type: "backfill", target: "leader", args: { job: "a", times: "x" } }, "/args/times  must be a list"],
    [{ type: "backfill", target: "leader", args: { job: "a", times: [null] } }, "/args/times/0  is missing"],
    [
      { type: "backfill", target: "leader", args: { job: "a", times: [new Date(30_000)] } },
      "/args/times/0  must be a whole minute",
    ],
    [
      { type: "backfill", target: "leader", args: { job: "a", times: Array(1_001).fill(new Date(0)) } },
      "/args/times  must have at most 1000 elements, got 1001",
    ],
    [{ type: "log_level", target: "all", args: { level: "debug", for_sec: 0 } }, "/args/for_sec  must be at least 1"],
    [{ type: "ping", target: { labels: {} } }, "/target/labels  names no label; write all for every machine"],
    [{ type: "ping", target: { labels: { site: { $ne: 1 } } } }, "/target/labels/site  must be a text"],
    [null, "must be an object"],
    ["ping", "must be an object"],
  ])("that can't be followed is rejected with the reason: %j", (document, reason) => {
    expect(errorsOf(read(document))).toEqual([expect.stringContaining(reason)]);
  });

  test("expires when it says so, as a date or as a text with an offset", () => {
    const at = Date.UTC(2026, 11, 1);
    expect(valueOf(read({ type: "ping", target: "all", expires_at: new Date(at) })).expiresAt).toBe(at);
    expect(valueOf(read({ type: "ping", target: "all", expires_at: "2026-12-01T09:00+09:00" })).expiresAt).toBe(at);
  });

  test("never makes the parser throw, whatever it holds", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSparseArray: true,
    });
    const type = fc.oneof(anything, fc.constantFrom("run_job", "cancel_run", "ping"));
    const document = fc.record({ type, target: anything, args: anything, expires_at: anything }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.oneof(anything, document), (input) => {
        expect(read(input)).toHaveProperty("ok");
      }),
    );
  });
});
