import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EpochMs } from "../../src/model/time.ts";
import { namedTime, wallTime } from "../../src/query/wall-clock.ts";
import { dryRun } from "../../src/rehearsal/dry-run/dry-run.ts";
import { rehearse } from "../../src/rehearsal/rehearse.ts";
import { startTarget, type Target } from "../support/target.ts";
import { jobIn, PARTS, testsIn } from "./rehearse-document.ts";

const SEED = Number(process.env["REHEARSAL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** Each of another alphabet, so that none is a part of what anything else would write. */
const SECRETS = { KEY: 'kkk-"qu/ot%e"', PASSWORD: "pässwörd=&?", TOKEN: "a:tok en:z<b>" };

const step = fc.constantFrom(
  "login",
  "list",
  "machines",
  "read",
  "submit",
  "poll",
  "cancel",
  "machines/1/read",
  "nowhere",
);

/** What answers hold: things the chain looks for, things that it does not, and secrets that it was sent. */
/** What a document can hold: names that could reach a prototype are refused at its border. */
const anyJson = fc.jsonValue().filter((it) => !/"(?:__proto__|constructor|prototype)":/.test(JSON.stringify(it)));

const body: fc.Arbitrary<unknown> = fc.oneof(
  anyJson,
  fc.record({ token: fc.constantFrom(...Object.values(SECRETS), "t", 7, null) }),
  fc.record({ items: fc.array(fc.oneof(fc.string(), fc.record({ id: anyJson })), { maxLength: 6 }) }),
  fc.record({ state: fc.constantFrom("done", "running", Object.values(SECRETS)[0]) }),
);

const answer = fc.record(
  {
    step,
    url: fc.constantFrom("*", "*/list", "*/read/*"),
    times: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant("any")),
    status: fc.constantFrom(200, 200, 200, 201, 204, 302, 401, 403, 404, 429, 500, 503),
    headers: fc.constantFrom({}, { "retry-after": "7" }, { "x-echo": SECRETS.KEY }),
    json: body,
    delay_sec: fc.constantFrom(0, 1, 20, 100_000),
  },
  { requiredKeys: [] },
);
const failure = fc.record({ step, failure: fc.constantFrom("timeout", "network") }, { requiredKeys: ["failure"] });
const answers = fc.array(fc.oneof(answer, answer, answer, failure), { maxLength: 12 });

function document(base: string): Readonly<Record<string, unknown>> {
  const request = (name: string, more: object = {}) => ({ type: "http", name, url: `${base}/${name}`, ...more });
  return {
    vars: { copy: "{{TOKEN}}" },
    run_timeout_sec: 100_000,
    actions: [
      request("login", {
        method: "POST",
        body: { password: "{{PASSWORD}}" },
        headers: { "x-key": "{{KEY}}" },
        capture: {
          token: { path: "$.token", default: "none" },
          hidden: { path: "$.token", sensitive: true, default: 1 },
        },
      }),
      request("list", {
        params: { key: "{{KEY}}", token: "{{vars.token}}" },
        auth: { type: "basic", username: "me", password: "{{PASSWORD}}" },
        capture: { ids: { path: "$.items[*]", default: [] } },
        continue_on_failure: true,
      }),
      {
        type: "for_each",
        name: "machines",
        in: "{{vars.ids}}",
        as: "id",
        concurrency: 3,
        continue_on_failure: true,
        actions: [
          request("read", {
            url: `${base}/read/{{vars.copy}}`,
            method: "PUT",
            form: { id: "{{vars.id}}", key: "{{KEY}}" },
          }),
          request("submit", { method: "POST", body: "{{vars.copy}} {{KEY}}", retry: { retries: 0 } }),
        ],
        on_failure: [request("cancel", { method: "DELETE", auth: { type: "bearer", token: "{{KEY}}" } })],
      },
      request("poll", {
        until: { json: [{ path: "$.state", equals: "done" }], every_sec: 30, timeout_sec: 3_600 },
        when: { if: [{ value: "{{steps.machines.failed}}", lte: 2 }] },
        expect: { json: [{ path: "$.state", not_equals: "{{KEY}}" }] },
      }),
    ],
    finally: [request("logout", { method: "POST" })],
  };
}

/** As it is, in a URL, in JSON, and in base64 at each of the three places where it can begin. */
function writtenForms(secret: string): readonly string[] {
  const base64 = ["", "a", "ab"].map((before) =>
    Buffer.from(before + secret)
      .toString("base64")
      .replaceAll("=", "")
      .slice(before.length === 0 ? 0 : 4, -2),
  );
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...base64];
}

describe(`with any answers (REHEARSAL_SEED=${SEED})`, () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget();
  });
  afterAll(() => target.close());

  test("a rehearsal ends, sends nothing, comes out the same again, and shows no secret", async () => {
    const job = jobIn(document(target.url));
    await fc.assert(
      fc.asyncProperty(answers, async (given) => {
        const expected = {
          result: "cancelled",
          requests: [{ json: { no: "such" } }, { headers: { "x-key": "no" }, body: "no" }],
        };
        const [only] = testsIn({ tests: [{ given: { secrets: SECRETS, answers: given }, expect: expected }] });
        if (only === undefined) throw new Error("there is no test");
        const report = await rehearse(job, only, PARTS);
        expect(report.differences.length).toBeGreaterThan(0);
        expect(report.result ?? report.reason).toBeDefined();
        expect(await rehearse(job, only, PARTS)).toEqual(report);
        const shown = texts(report).join("\n");
        for (const form of Object.values(SECRETS).flatMap(writtenForms)) expect(shown).not.toContain(form);
      }),
      { seed: SEED, numRuns: 150 },
    );
    expect(target.arrivals).toEqual([]);
  });

  test("a dry run sends nothing and shows no secret, whatever the vars are", async () => {
    const job = jobIn(document(target.url));
    const at = Date.UTC(2026, 0, 1) as EpochMs;
    const ids = fc.oneof(anyJson, fc.array(anyJson, { maxLength: 5 }));
    await fc.assert(
      fc.asyncProperty(ids, fc.subarray(Object.keys(SECRETS) as (keyof typeof SECRETS)[]), async (value, known) => {
        const steps = await dryRun({
          job,
          vars: { ids: value as string, copy: "{{KEY}}" },
          secrets: new Map(known.map((name) => [name, SECRETS[name]])),
          defaults: { timeoutMs: 1_000, retry: { retries: 1, delayMs: 1_000, backoff: 1 }, maxBodyBytes: 10_000 },
          at,
          wallTime: wallTime(at, "UTC"),
          findJob: () => ({ problem: "none" }),
          readTime: (text, after) => namedTime(text, after, "UTC"),
        });
        expect(steps).toHaveLength(5);
        const shown = texts(steps).join("\n");
        for (const form of Object.values(SECRETS).flatMap(writtenForms)) expect(shown).not.toContain(form);
        for (const name of Object.keys(SECRETS)) {
          expect(shown.includes(`{{${name}}} is not among`)).toBe(
            !known.includes(name as keyof typeof SECRETS) && name !== "TOKEN",
          );
        }
      }),
      { seed: SEED, numRuns: 150 },
    );
    expect(target.arrivals).toEqual([]);
  });
});

/** All texts of a value, so that no quoting of a printer hides what is in them. */
function texts(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}
