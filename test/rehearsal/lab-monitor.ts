const MAAS = "https://maas.lab";
const TESTFLINGER = "https://testflinger.lab";
const SECRETS = { BASE_URL: MAAS, PASSWORD: "hunter22", TESTFLINGER };

const finishedJob = { json: [{ path: "$.job_state", in: ["complete", "completed", "cancelled"] }] };
const ifSubmitted = { if: [{ value: "{{steps.submit.result}}", equals: "ok" }] };

/** A job such as people have: log in, list, and for each machine read, submit, poll, judge, and cancel when it fails. */
export const labMonitor = {
  name: "lab rack 1",
  enabled: true,
  schedule: "0 */6 * * *",
  overlap: "skip",
  vars: { rack: "rack-1" },
  retry: { retries: 1, delay_sec: 10 },
  actions: [
    {
      type: "http",
      name: "login",
      method: "POST",
      url: "{{BASE_URL}}/login",
      body: { user: "lab", password: "{{PASSWORD}}" },
      capture: { token: { path: "$.access_token", sensitive: true } },
    },
    {
      type: "http",
      name: "list",
      url: "{{BASE_URL}}/machines",
      params: { tags: "{{vars.rack}}" },
      auth: { type: "bearer", token: "{{vars.token}}" },
      timeout_sec: 30,
      capture: { hosts: { path: "$[*].hostname", default: [] } },
      continue_on_failure: true,
    },
    {
      type: "for_each",
      name: "machines",
      in: "{{vars.hosts}}",
      as: "host",
      concurrency: 4,
      continue_on_failure: true,
      actions: [
        {
          type: "http",
          name: "read",
          url: "{{TESTFLINGER}}/v1/agents/data/{{vars.host}}",
          retry: { retries: 2, delay_sec: 3_600, backoff: 1 },
          expect: { status: ["2xx", 404] },
          capture: { state: { path: "$.state", default: "unknown" } },
        },
        {
          type: "http",
          name: "submit",
          method: "POST",
          url: "{{TESTFLINGER}}/v1/job",
          retry: { retries: 0 },
          when: { if: [{ value: "{{vars.state}}", not_in: ["offline", "maintenance"] }] },
          body: { job_queue: "{{vars.host}}" },
          capture: { job_id: "$.job_id" },
        },
        {
          type: "http",
          name: "poll",
          url: "{{TESTFLINGER}}/v1/result/{{vars.job_id}}",
          when: ifSubmitted,
          until: { ...finishedJob, every_sec: 30, timeout_sec: 7_200 },
        },
        {
          type: "http",
          name: "judge",
          url: "{{TESTFLINGER}}/v1/result/{{vars.job_id}}",
          when: ifSubmitted,
          expect: { schema: { type: "object", patternProperties: { _status$: { const: 0 } } } },
        },
      ],
      on_failure: [
        {
          type: "http",
          name: "cancel",
          method: "POST",
          url: "{{TESTFLINGER}}/v1/job/{{vars.job_id}}/action",
          when: ifSubmitted,
          body: { action: "cancel" },
        },
      ],
    },
  ],
  finally: [{ type: "http", name: "logout", method: "POST", url: "{{BASE_URL}}/logout" }],
  tests: [
    {
      name: "looks after each machine on its own, and cancels what never completes",
      given: {
        secrets: SECRETS,
        answers: [
          { step: "login", json: { access_token: "tok-1234" } },
          {
            step: "list",
            json: ["fine", "off", "endless", "forbidden", "failing"].map((hostname) => ({ hostname })),
          },
          { url: `${TESTFLINGER}/v1/agents/data/fine`, failure: "network" },
          { url: `${TESTFLINGER}/v1/agents/data/off`, json: { state: "offline" } },
          { url: `${TESTFLINGER}/v1/agents/data/failing`, status: 404, json: {} },
          { url: `${TESTFLINGER}/v1/agents/data/*`, times: "any", json: { state: "waiting" } },
          { step: "machines/0/submit", json: { job_id: "job-fine" } },
          { step: "machines/2/submit", json: { job_id: "job-endless" } },
          { step: "machines/3/submit", status: 403 },
          { step: "machines/4/submit", json: { job_id: "job-failing" } },
          { url: "*/result/job-fine", status: 204, headers: { "content-type": "application/json" }, times: 3 },
          { url: "*/result/job-fine", times: 2, json: { job_state: "complete", test_status: 0 } },
          { url: "*/result/job-endless", status: 204, times: "any" },
          { url: "*/result/job-failing", times: 2, json: { job_state: "complete", test_status: 1 } },
          { url: "*/job/*/action", times: "any" },
          { step: "logout" },
        ],
      },
      expect: {
        result: "ok",
        any_order: true,
        no_more_requests: false,
        requests: [
          { method: "POST", url: `${MAAS}/login`, json: { user: "lab", password: "hunter22" } },
          { url: `${MAAS}/machines?tags=rack-1`, headers: { authorization: "Bearer tok-1234" } },
          { step: "read", times: 6 },
          { step: "submit", times: 4, json: { job_queue: { matches: "^(fine|endless|forbidden|failing)$" } } },
          { url: "*/job/job-endless/action", json: { action: "cancel" } },
          { url: "*/job/job-failing/action", json: { action: "cancel" } },
          { method: "POST", url: `${MAAS}/logout` },
        ],
        steps: {
          machines: { result: "error", items: { total: 5, ok: 2, failed: 3 } },
          "machines/0/read": { attempts: 2 },
          "machines/0/poll": { result: "ok", polls: 3 },
          "machines/1/submit": { result: "skipped" },
          "machines/2/poll": { result: "error" },
          "machines/3/submit": { result: "error", status: 403, attempts: 1 },
          "machines/4/judge": { result: "error", status: 200, error_matches: "test_status" },
        },
        vars: { hosts: ["fine", "off", "endless", "forbidden", "failing"] },
        took_sec: { gte: 7_200, lt: 7_300 },
      },
    },
    {
      name: "takes a list that can't be had for an empty one",
      given: {
        secrets: SECRETS,
        answers: [
          { step: "login", json: { access_token: "tok-1234" } },
          { step: "list", failure: "timeout", times: 2 },
          { step: "logout" },
        ],
      },
      expect: {
        result: "ok",
        steps: { list: { result: "error", attempts: 2 }, machines: { result: "ok", items: { total: 0 } } },
        requests: [{ step: "login" }, { step: "list", times: 2 }, { step: "logout" }],
        // Two time limits of 30 s, and 10 s between them.
        took_sec: 70,
      },
    },
  ],
};
