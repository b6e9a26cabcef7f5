import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCommand } from "../../src/schema/command.ts";
import { errorsOf, valueOf, warningsOf } from "./job-document.ts";

const read = (document: unknown) => parseCommand(document, "c1");

describe("a command", () => {
  test.each(["reload_jobs", "reload_config", "refresh", "ping", "stop"])(
    "%s of the original's shape is fine",
    (type) => {
      const parsed = read({ _id: "c1", type, target: "all", created_at: "long ago", who: "ann" });
      expect(valueOf(parsed)).toEqual({ id: "c1", action: { type }, target: { kind: "all" }, expiresAt: undefined });
      expect(warningsOf(parsed)).toEqual([]);
    },
  );

  test("names the job or the run it is about, in its arguments or beside them", () => {
    expect(valueOf(read({ type: "run_job", target: "leader", args: { job: "nightly", vars: {} } }))).toMatchObject({
      action: { type: "run_job", job: "nightly" },
      target: { kind: "leader" },
    });
    expect(valueOf(read({ type: "run_job", target: "leader", job: "nightly" })).action).toEqual({
      type: "run_job",
      job: "nightly",
    });
    expect(valueOf(read({ type: "cancel_run", target: "all", args: { run: "j|x|fleet" } })).action).toEqual({
      type: "cancel_run",
      run: "j|x|fleet",
    });
  });

  test.each([
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
    [{ target: "all" }, "/type  is missing; write one of reload_jobs"],
    [{ type: "relaod_jobs", target: "all" }, '/type  unknown command type "relaod_jobs"; did you mean reload_jobs?'],
    [{ type: "explode", target: "all" }, '/type  unknown command type "explode"; write one of'],
    [{ type: { $ne: 1 }, target: "all" }, "/type  must be one of"],
    [{ type: "drain", target: "all" }, '/type  "drain" is not supported by this version yet'],
    [{ type: "pause_job", target: "all" }, '/type  "pause_job" is not supported by this version yet'],
    [{ type: "ping" }, "/target  is missing; write all, leader"],
    [{ type: "ping", target: null }, "/target  is missing"],
    [{ type: "ping", target: "" }, "/target  is empty"],
    [{ type: "ping", target: { $ne: 1 } }, "/target  can't be an object"],
    [{ type: "ping", target: { labels: { a: "b" } } }, "/target  labels are not supported by this version yet"],
    [{ type: "ping", target: ["all"] }, "/target  can't be a list"],
    [{ type: "ping", target: 0 }, "/target  must be a serial from 1 upwards"],
    [{ type: "ping", target: 1.5 }, "/target  must be a serial from 1 upwards"],
    [{ type: "ping", target: Number.NaN }, "/target  must be a serial from 1 upwards"],
    [{ type: "ping", target: "all", args: [] }, "/args  must be an object, got a list"],
    [{ type: "run_job", target: "all" }, "/args/job  is missing; say which job"],
    [{ type: "run_job", target: "all", args: { job: { $ne: 1 } } }, "/args/job  must be a text, got an object"],
    [{ type: "run_job", target: "all", args: { job: "a", vars: { b: 1 } } }, "/args/vars  vars are not supported"],
    [{ type: "cancel_run", target: "all", args: {} }, "/args/run  is missing; say which run"],
    [{ type: "ping", target: "all", expires_at: "soon" }, "/expires_at  must be a date"],
    [{ type: "ping", target: "all", expires_at: 7 }, "/expires_at  must be a date"],
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
