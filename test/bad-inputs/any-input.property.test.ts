import fc from "fast-check";
import { BSON, Decimal128 } from "mongodb";
import { describe, expect, test } from "vitest";
import { decodeExact, distinctIdText, plainValue } from "../../src/adapters/mongo/bson-exact.ts";
import { extendedValue } from "../../src/adapters/mongo/extended-value.ts";
import { actionRows } from "../../src/cli/job/action-rows.ts";
import { exactJson } from "../../src/cli/print/exact-json.ts";
import { withCallProblems } from "../../src/model/call-problems.ts";
import type { JobId } from "../../src/model/job.ts";
import type { Parsed } from "../../src/model/problem.ts";
import type { EpochMs } from "../../src/model/time.ts";
import { upcomingOccurrences } from "../../src/query/upcoming.ts";
import { parseCommand } from "../../src/schema/command.ts";
import { parseConfig } from "../../src/schema/config.ts";
import { parseFleetSettings } from "../../src/schema/fleet-settings.ts";
import { parseJob } from "../../src/schema/job.ts";
import { secretsOfJob } from "../../src/schema/job-secrets.ts";
import { parseJsonc } from "../../src/schema/jsonc.ts";
import { createTerminal } from "../cli/terminal.ts";
import { almostCommand, almostJob, anyDocument, anyId, anyText, COMMAND_NAMES, JOB_NAMES } from "./any-document.ts";

/** RFC 6901. */
const POINTER = /^(\/([^~/]|~[01])*)*$/u;

/** What is wrong with an answer that is neither a value nor problems of which each names its place. */
function flawOf(parsed: Parsed<unknown>): string | undefined {
  const notes = parsed.ok ? parsed.warnings : parsed.problems;
  const odd = notes.find(({ path, message }) => !POINTER.test(path) || message === "");
  if (odd !== undefined) return `${JSON.stringify(odd.path)} is no JSON Pointer, or it says nothing: ${odd.message}`;
  if (parsed.ok) return parsed.value === undefined ? "there is no value" : undefined;
  return parsed.problems.some((it) => it.severity === "error") ? undefined : "there is no error";
}

/** As an agent gets it from MongoDB. */
const received = (document: object): unknown => plainValue(decodeExact(BSON.serialize(document)));

describe("whatever MongoDB holds", () => {
  test("as a job is a job or has problems with their places", () => {
    const jobs = fc.oneof(anyDocument(JOB_NAMES), almostJob);
    fc.assert(
      fc.property(jobs, (document) => {
        const parsed = parseJob(received(document), "j1" as JobId);
        expect(flawOf(parsed)).toBeUndefined();
        // What was taken can be planned, shown and asked for what it names.
        if (!parsed.ok) return;
        upcomingOccurrences(parsed.value, "UTC", Date.UTC(2026, 10, 21) as EpochMs, 3);
        actionRows(parsed.value.actions);
        secretsOfJob(parsed.value);
        withCallProblems([{ id: parsed.value.id, name: parsed.value.name, parsed }]);
      }),
      { numRuns: 1_000 },
    );
  });

  test("as a command is a command or has problems with their places", () => {
    const commands = fc.oneof(anyDocument(COMMAND_NAMES), almostCommand);
    fc.assert(
      fc.property(commands, (document) => {
        expect(flawOf(parseCommand(received(document), "c1"))).toBeUndefined();
      }),
      {
        numRuns: 1_000,
      },
    );
  });

  test("as the settings of the fleet are settings or have problems with their places", () => {
    const names = ["_id", "format", "tz", "max_serial", "lease", "heartbeat_sec", "ttl_sec", "guard_sec"];
    fc.assert(
      fc.property(anyDocument(names), (document) => {
        expect(flawOf(parseFleetSettings(received(document)))).toBeUndefined();
      }),
    );
  });

  test("as an _id has a text of its own, and as a document can be shown", () => {
    // Many bytes are the same decimal, of which the server lets only one be there.
    const comparable = anyId.filter((it) => !(it instanceof Decimal128));
    fc.assert(
      fc.property(comparable, comparable, anyDocument(JOB_NAMES), (one, other, document) => {
        const asStored = (id: unknown) => decodeExact(BSON.serialize({ id }))["id"] as unknown;
        const isSame = distinctIdText(asStored(one)) === distinctIdText(asStored(other));
        expect(isSame).toBe(sameBytes(one, other));
        exactJson(extendedValue(decodeExact(BSON.serialize(document))), "");
      }),
      { numRuns: 500 },
    );
  });
});

describe("whatever a file or a flag holds", () => {
  const CONFIG_NAMES = [
    ..."mongodb_uri db_name tz max_serial lease labels secrets http_defaults egress runs commands log web".split(" "),
    ..."heartbeat_sec ttl_sec guard_sec timeout_sec retry retries max_body_bytes allow_hosts deny_nets".split(" "),
    ..."public_only proxy ca_file max_concurrent stop_grace_sec poll_sec level format env file".split(" "),
  ];
  const json = (names: readonly string[]) =>
    fc.oneof(
      fc.json(),
      fc
        .dictionary(
          fc.constantFrom(...names),
          fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), fc.jsonValue())),
        )
        .map((it) => JSON.stringify(it)),
      anyDocument(names).map((it) => exactJson(extendedValue(decodeExact(BSON.serialize(it))), undefined)),
    );
  /** JSON with a piece cut out and something put in. */
  const broken = (names: readonly string[]) =>
    fc.tuple(json(names), fc.nat(), fc.nat(20), anyText).map(([text, at, length, put]) => {
      const from = at % (text.length + 1);
      return text.slice(0, from) + put + text.slice(from + length);
    });

  test("is JSON or has problems with their places", () => {
    fc.assert(
      fc.property(fc.oneof(json(JOB_NAMES), broken(JOB_NAMES), anyText), fc.boolean(), (text, isStored) => {
        expect(flawOf(parseJsonc(text, { isStored }))).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  test("as a config is a config or has problems with their places", () => {
    const text = fc.oneof(json(CONFIG_NAMES), broken(CONFIG_NAMES), fc.constant(undefined));
    const said = fc.option(anyText, { nil: undefined });
    const flags = fc.record({ uri: said, db: said, tz: said, labels: said, logLevel: said, embedded: fc.boolean() });
    const variables = fc.dictionary(
      fc.constantFrom(
        "FLEETCRON_MONGODB_URI",
        "FLEETCRON_DB",
        "FLEETCRON_TZ",
        "FLEETCRON_LABELS",
        "FLEETCRON_LOG_LEVEL",
        "X",
      ),
      anyText,
    );
    fc.assert(
      fc.property(text, flags, variables, anyText, (file, flag, environment, secret) => {
        const secretSources = { env: (name: string) => environment[name], file: () => ({ text: secret }) };
        expect(flawOf(parseConfig({ text: file, flags: flag, environment, secretSources }))).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  test("as a job file ends the program with 0 or with 8 and words, never with a stack", async () => {
    const terminal = createTerminal();
    await fc.assert(
      fc.asyncProperty(fc.oneof(json(JOB_NAMES), broken(JOB_NAMES)), async (text) => {
        terminal.files.set("job.json", text);
        const { exitCode, stdout, stderr } = await terminal.run("job", "validate", "--file", "job.json");
        expect([0, 8]).toContain(exitCode);
        expect(stdout + stderr).not.toMatch(/\bat .*\.ts:\d+/);
      }),
      { numRuns: 300 },
    );
  });
});

function sameBytes(one: unknown, other: unknown): boolean {
  return Buffer.from(BSON.serialize({ id: one })).equals(Buffer.from(BSON.serialize({ id: other })));
}
