import { describe, expect, test } from "vitest";
import type { Job, JobId } from "../../src/model/job.ts";
import type { JsonObject } from "../../src/model/json.ts";
import type { EpochMs } from "../../src/model/time.ts";
import { namedTime, wallTime } from "../../src/query/wall-clock.ts";
import { dryRun } from "../../src/rehearsal/dry-run/dry-run.ts";
import type { DryRequest, DryStep } from "../../src/rehearsal/dry-run/dry-step.ts";
import { play } from "../../src/rehearsal/play.ts";
import { parseJob } from "../../src/schema/job.ts";
import { labMonitor } from "./lab-monitor.ts";
import { jobIn, PARTS, testsIn } from "./rehearse-document.ts";

/** 14:30 in Seoul. */
const AT = Date.UTC(2026, 10, 21, 5, 30) as EpochMs;

function look(
  document: Readonly<Record<string, unknown>>,
  {
    secrets = {},
    vars = {},
    jobs = [],
  }: {
    readonly secrets?: Readonly<Record<string, string>>;
    readonly vars?: JsonObject;
    readonly jobs?: readonly Readonly<Record<string, unknown>>[];
  } = {},
): Promise<readonly DryStep[]> {
  const others = new Map(jobs.map((it): [unknown, Job] => [it["name"], parsedJob(it)]));
  return dryRun({
    job: jobIn(document),
    vars,
    secrets: new Map(Object.entries(secrets)),
    defaults: { timeoutMs: 10_000, retry: { retries: 2, delayMs: 3_000, backoff: 1.5 }, maxBodyBytes: 1_000_000 },
    at: AT,
    wallTime: wallTime(AT, "Asia/Seoul"),
    findJob: (name) => others.get(name) ?? { problem: `there is no job "${name}" to call` },
    readTime: (text, after) => namedTime(text, after, "Asia/Seoul"),
  });
}

function parsedJob(document: Readonly<Record<string, unknown>>): Job {
  const parsed = parseJob(document, String(document["name"]) as JobId);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const requests = (steps: readonly DryStep[]): readonly string[] =>
  steps.flatMap(({ request, branches }) => [
    ...(request === undefined ? [] : [`${request.method} ${request.url}`]),
    ...branches.flatMap((it) => requests(it.steps)),
  ]);

const allRequests = (steps: readonly DryStep[]): readonly DryRequest[] =>
  steps.flatMap(({ request, branches }) => [
    ...(request === undefined ? [] : [request]),
    ...branches.flatMap((it) => allRequests(it.steps)),
  ]);

const problemsOf = (steps: readonly DryStep[]): readonly string[] =>
  steps.flatMap(({ problems, branches }) => [...problems, ...branches.flatMap((it) => problemsOf(it.steps))]);

const GET = { type: "http", url: "https://a.test/" };

describe("the beginning of a URL in a dry run", () => {
  const GO = { ...GET, url: "{{vars.base}}/x" };
  const called = { name: "called", schedule: "0 * * * *", actions: [GO] };

  test("can be what the job, its caller or whoever asks for the run says, as in a run", async () => {
    const each = { type: "for_each", in: ["https://b.test"], as: "base", actions: [GO] };
    const call = { type: "job", job: "called", vars: { base: "{{vars.base}}/called" } };
    const document = { vars: { base: "https://a.test" }, actions: [GO, each, call] };
    const steps = await look(document, { jobs: [called] });
    expect(problemsOf(steps)).toEqual([]);
    expect(requests(steps)).toEqual(["GET https://a.test/x", "GET https://b.test/x", "GET https://a.test/called/x"]);
    const asked = await look({ actions: [GO] }, { vars: { base: "https://c.test" } });
    expect(requests(asked)).toEqual(["GET https://c.test/x"]);
  });

  test("can't be what an answer gives, by whatever way", async () => {
    const ask = { ...GET, name: "ask", capture: { base: "$.base", bases: "$.bases[*]" } };
    const each = { type: "for_each", in: "{{vars.bases}}", as: "base", actions: [GO] };
    const listed = { type: "for_each", in: ["{{vars.base}}"], as: "base", actions: [GO] };
    const call = { type: "job", job: "called", vars: { base: "{{vars.base}}" } };
    const steps = await look({ actions: [ask, GO, each, listed, call] }, { jobs: [called] });
    expect(requests(steps)).toEqual(["GET https://a.test/"]);
    expect(problemsOf(steps)).toEqual(
      Array.from({ length: 4 }, () => expect.stringContaining("can't be the beginning of a URL")),
    );
  });
});

describe("a dry run", () => {
  const secrets = { BASE_URL: "https://maas.lab", PASSWORD: "hunter22", TESTFLINGER: "https://testflinger.lab" };

  test("shows each request of a lab monitor in order, with names for what only answers can give", async () => {
    const steps = await look(labMonitor, { secrets });
    expect(requests(steps)).toEqual([
      "POST [secret BASE_URL]/login",
      "GET [secret BASE_URL]/machines?tags=rack-1",
      "GET [secret TESTFLINGER]/v1/agents/data/<vars.host>",
      "POST [secret TESTFLINGER]/v1/job",
      "GET [secret TESTFLINGER]/v1/result/<vars.job_id>",
      "GET [secret TESTFLINGER]/v1/result/<vars.job_id>",
      "POST [secret TESTFLINGER]/v1/job/<vars.job_id>/action",
      "POST [secret BASE_URL]/logout",
    ]);
    expect(problemsOf(steps)).toEqual([]);
    const [login, list, machines, logout] = steps;
    expect(login?.request?.body).toBe('{"user":"lab","password":"[secret PASSWORD]"}');
    expect(list?.request?.headers).toEqual([["authorization", "Bearer <vars.token>"]]);
    expect(machines?.notes).toEqual(["for each of <vars.hosts>, 4 at a time"]);
    expect(machines?.branches[0]?.steps.map(({ name, part, conditions }) => [name, part, ...conditions])).toEqual([
      ["read", undefined],
      ["submit", undefined, '<vars.state> is none of ["offline","maintenance"]'],
      ["poll", undefined, '<steps.submit.result> is "ok"'],
      ["judge", undefined, '<steps.submit.result> is "ok"'],
      ["cancel", "on_failure", '<steps.submit.result> is "ok"'],
    ]);
    expect(logout?.part).toBe("finally");
  });

  test("masks secrets wherever they stand, short ones too", async () => {
    const values = { LONG: 'l0ng "secret"/x', PIN: "17" };
    const actions = [
      {
        type: "http",
        method: "POST",
        url: "https://a.test/{{LONG}}/{{PIN}}",
        params: { pin: "{{PIN}}", both: "{{LONG}}{{PIN}}" },
        headers: { "x-pin": "pin {{PIN}}" },
        form: { pin: "{{PIN}}", long: "{{vars.copy}}" },
        auth: { type: "basic", username: "me", password: "{{PIN}}" },
      },
      { ...GET, auth: { type: "bearer", token: "{{LONG}}" } },
      { ...GET, auth: { type: "oauth1", signature: "PLAINTEXT", key: "{{KEY}}" } },
      { type: "http", method: "POST", url: "https://a.test/", body_base64: "{{DATA}}" },
    ];
    const steps = await look(
      { actions, vars: { copy: "{{LONG}}" } },
      { secrets: { ...values, KEY: "consumer:tokenpart:secretpart", DATA: "c2VjcmV0" } },
    );
    expect(problemsOf(steps)).toEqual([]);
    expect(steps.map(({ request }) => request)).toEqual([
      {
        method: "POST",
        url: "https://a.test/[secret LONG]/[secret PIN]?pin=[secret PIN]&both=[secret LONG][secret PIN]",
        headers: [
          ["x-pin", "pin [secret PIN]"],
          ["content-type", "application/x-www-form-urlencoded"],
          ["authorization", "Basic (base64 of me:[secret PIN])"],
        ],
        body: "pin=[secret PIN]&long=[secret LONG]",
      },
      expect.objectContaining({ headers: [["authorization", "Bearer [secret LONG]"]] }),
      expect.objectContaining({ headers: [["authorization", "OAuth (PLAINTEXT, key [secret KEY])"]] }),
      expect.objectContaining({ body: "bytes, as base64: [secret DATA]" }),
    ]);
  });

  test("decides conditions that need no answer, and leaves the step out where they do not hold", async () => {
    const steps = await look({
      vars: { site: "seoul" },
      actions: [
        { ...GET, name: "hour", when: { hour_in: [9] } },
        { ...GET, name: "site", when: { if: [{ value: "{{vars.site}}", equals: "busan" }] } },
        { ...GET, name: "here", when: { hour_in: [14], if: [{ value: "{{vars.site}}", matches: "^seo" }] } },
        { ...GET, name: "after", when: { if: [{ value: "{{steps.site.result}}", equals: "skipped" }] } },
        { ...GET, name: "either", when: { if: [{ value: "{{steps.here.status}}", lt: 300 }] } },
      ],
    });
    expect(steps.map(({ name, skipped, conditions }) => [name, skipped, ...conditions])).toEqual([
      ["hour", "not at this time: hour_in 9"],
      ["site", 'not so: "seoul" is "busan"'],
      ["here", undefined],
      ["after", undefined],
      ["either", undefined, "<steps.here.status> is less than 300"],
    ]);
  });

  test("goes through the first three items of a known list, and says how many more there are", async () => {
    const each = {
      type: "for_each",
      in: "{{vars.ids}}",
      as: "it",
      actions: [{ type: "http", url: "https://a.test/{{vars.it.id}}" }],
    };
    const ids = [1, 2, 3, 4, 5].map((id) => ({ id }));
    const steps = await look({ actions: [each] }, { vars: { ids } });
    expect(requests(steps)).toEqual(["GET https://a.test/1", "GET https://a.test/2", "GET https://a.test/3"]);
    expect(steps[0]?.notes).toEqual([
      "for each of 5 items, one after the other; 3 are shown, and 2 more are like them",
    ]);
    expect((await look({ actions: [each] }, { vars: { ids: [] } }))[0]?.notes).toEqual([
      "for each of no items: nothing is done",
    ]);
    expect(problemsOf(await look({ actions: [each] }, { vars: { ids: "none" } }))).toEqual([
      '"in" must give a list, and gives "none"',
    ]);
  });

  test("names an item of an unknown list, and what lies in it", async () => {
    const each = {
      type: "for_each",
      in: "{{steps.list.json.items}}",
      as: "it",
      actions: [
        {
          type: "http",
          method: "PUT",
          url: "https://a.test/{{vars.it.id}}",
          body: { from: "{{vars.it}}", on: "{{machine.hostname}}" },
        },
      ],
    };
    const [, loop] = await look({ actions: [{ ...GET, name: "list" }, each] });
    const [branch] = loop?.branches ?? [];
    expect(branch?.title).toBe("<vars.it>");
    expect(branch?.steps[0]?.request).toMatchObject({
      url: "https://a.test/<vars.it.id>",
      body: '{"from":<vars.it>,"on":<machine.hostname>}',
    });
  });

  test("goes into a called job with its vars, and says when it is not there", async () => {
    const greet = {
      name: "greet",
      schedule: "0 0 * * *",
      vars: { word: "hi" },
      actions: [{ type: "http", url: "https://a.test/{{vars.word}}/{{vars.who}}" }],
    };
    const actions = [
      { type: "job", job: "greet", vars: { who: "{{run.local}}" } },
      { type: "job", job: "nowhere" },
    ];
    const steps = await look({ actions }, { jobs: [greet] });
    expect(requests(steps)).toEqual(["GET https://a.test/hi/2026-11-21T14%3A30%3A00%2B09%3A00"]);
    expect(problemsOf(steps)).toEqual(['there is no job "nowhere" to call']);
  });

  test("shows what is then sent, where all of it is known", async () => {
    const document = {
      vars: { site: "seöul & co", ids: [1, { deep: [true, null] }, "a/b"] },
      actions: [
        {
          type: "for_each",
          in: "{{vars.ids}}",
          as: "it",
          actions: [
            {
              type: "http",
              url: "https://a.test/{{vars.it}}",
              params: { site: "{{vars.site}}", many: [1, "{{vars.it}}"] },
            },
            { type: "http", method: "POST", url: "https://a.test/", body: { it: "{{vars.it}}", at: "{{run.local}}" } },
          ],
        },
        {
          type: "http",
          method: "PUT",
          url: "https://a.test/?x=1",
          form: { site: "{{vars.site}}", when: "{{job.name}}" },
        },
        { type: "http", method: "PUT", url: "https://a.test/", multipart: [{ name: "site", value: "{{vars.site}}" }] },
      ],
    };
    const at = new Date(AT).toISOString();
    const [only] = testsIn({
      tests: [{ given: { scheduled_for: at, answers: [{ times: "any" }] }, expect: { result: "ok" } }],
    });
    if (only === undefined) throw new Error("there is no test");
    const played = await play(jobIn(document), only.given, PARTS);
    expect(allRequests(await look(document))).toEqual(
      played.requests.map(({ request: { method, url, headers, body } }) => ({
        method,
        url,
        headers: headers["content-type"] === undefined ? [] : [["content-type", headers["content-type"]]],
        body: typeof body === "object" ? new TextDecoder().decode(body) : body,
      })),
    );
  });

  test("begins an address with what the job says, and not with what only an answer can", async () => {
    const ask = { type: "http", name: "ask", url: "{{vars.base}}/ask", capture: { next: "$.next" } };
    const each = (list: unknown) => ({
      type: "for_each",
      in: list,
      actions: [{ type: "http", url: "{{vars.item}}/health" }],
    });
    const document = { name: "addresses", vars: { base: "{{BASE}}/v1" }, actions: [ask, each(["http://one.test"])] };
    const steps = await look(document, { secrets: { BASE: "http://base.test" } });
    expect(requests(steps)).toEqual(["GET [secret BASE]/v1/ask", "GET http://one.test/health"]);
    const follow = { type: "http", name: "follow", url: "{{vars.next}}" };
    const [, followed] = await look({ ...document, actions: [ask, follow] }, { secrets: { BASE: "http://base.test" } });
    expect(followed?.problems.join()).toContain("can't be the beginning of a URL");
  });

  test("says how long it waits", async () => {
    const steps = await look({
      actions: [
        { type: "sleep", seconds: 5_400 },
        { type: "sleep", until: "18:00" },
        { ...GET, name: "ask" },
        { type: "sleep", seconds: "{{steps.ask.json.n}}" },
      ],
    });
    expect(steps.flatMap(({ type, notes }) => (type === "sleep" ? notes : []))).toEqual([
      "waits 1 h 30 min",
      "waits until 18:00 (2026-11-21T09:00:00Z if it comes here at once)",
      "waits <steps.ask.json.n> s",
    ]);
  });

  test("names what would keep a request from being sent, without a secret", async () => {
    const actions = [
      { type: "http", url: "{{BASE}}/x" },
      { ...GET, headers: { "x-key": "{{BAD}}" } },
      { ...GET, headers: { "x-key": "{{NONE}}" } },
      { type: "http", url: "https://a.test/{{vars.nothing}}" },
      { ...GET, auth: { type: "basic", username: "{{COLON}}", password: "{{BASE}}" } },
      {
        ...GET,
        auth: { type: "oauth2", token_url: "https://id.test/", client_id: "me", client_secret: "{{CLIENT}}" },
        expect: { headers: { "x-key": "{{RULE}}" } },
      },
    ];
    const steps = await look(
      { actions },
      { secrets: { BASE: "ftp-host-of-ours", BAD: "line\nbreak", COLON: "me:myself" } },
    );
    expect(steps.map(({ problems }) => problems.join())).toEqual([
      expect.stringMatching(/^"\[secret BASE\]\/x" is not a URL/),
      expect.stringMatching(/header "x-key" holds a line break/),
      expect.stringMatching(/^\{\{NONE\}\} is not among the secrets of this machine/),
      expect.stringMatching(/\{\{vars\.nothing\}\}/),
      expect.stringMatching(/user name of basic auth holds a colon/),
      expect.stringMatching(/^\{\{CLIENT\}\} is not among.*\{\{RULE\}\} is not among/),
    ]);
    expect(JSON.stringify(steps)).not.toMatch(/ftp-host-of-ours|line\\nbreak/);
  });
});
