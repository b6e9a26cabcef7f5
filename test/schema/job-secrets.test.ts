import { describe, expect, test } from "vitest";
import { secretsOfJob } from "../../src/schema/job-secrets.ts";
import { jobWith } from "./job-document.ts";

const HTTP = { type: "http", method: "POST", url: "https://a/" };
const secretsIn = (fields: Readonly<Record<string, unknown>>) => secretsOfJob(jobWith(fields));
const inChain = (action: unknown) => secretsIn({ url: undefined, actions: [action] });

describe("the secrets of a job", () => {
  test("are found wherever a request names them", () => {
    const places: readonly Record<string, unknown>[] = [
      { url: "https://a/{{S}}" },
      { headers: { "X-A": "{{S}}" } },
      { params: { a: ["{{S}}"] } },
      { body: { a: [{ b: "x {{S}}" }] } },
      { form: { a: "{{S}}" } },
      { multipart: [{ name: "a", value: { b: "{{S}}" } }] },
      { multipart: [{ name: "a", base64: "{{S}}" }] },
      { body_base64: "{{S}}" },
      { auth: { type: "oauth1", key: "{{S}}" } },
      { auth: { type: "oauth2", token_url: "{{S}}/t", client_id: "a", client_secret: "{{S}}" } },
      { when: { if: [{ value: "{{S}}", equals: 1 }] } },
      { when: { if: [{ value: 1, in: ["{{S}}"] }] } },
      { expect: { headers: { a: "{{S}}" } } },
      { expect: { json: [{ path: "$.a", equals: { b: "{{S}}" } }] } },
      { until: { body_matches: "{{S}}" } },
    ];
    for (const place of places) {
      const found = { place, secrets: inChain({ ...HTTP, ...place }) };
      expect(found).toEqual({ place, secrets: ["S"] });
      expect(inChain({ type: "for_each", in: [1], actions: [{ ...HTTP, ...place }] })).toEqual(["S"]);
    }
  });

  test("are found in other actions, in what follows a chain, in vars and in tls", () => {
    expect(inChain({ type: "for_each", in: ["{{S}}"], actions: [HTTP] })).toEqual(["S"]);
    const lists = { on_failure: [{ ...HTTP, body: "{{A}}" }], finally: [{ ...HTTP, body: "{{B}}" }] };
    expect(inChain({ type: "for_each", in: [1], actions: [HTTP], ...lists })).toEqual(["A", "B"]);
    expect(inChain({ type: "job", job: "other", vars: { a: { b: "{{S}}" } } })).toEqual(["S"]);
    expect(inChain({ type: "sleep", until: "{{S}}" })).toEqual(["S"]);
    expect(inChain({ type: "sleep", seconds: "{{S}}" })).toEqual(["S"]);
    expect(secretsIn(lists)).toEqual(["A", "B"]);
    expect(secretsIn({ vars: { a: ["{{S}}"] } })).toEqual(["S"]);
    expect(secretsIn({ tls: { cert: "{{CERT}}", key: "{{KEY}}" } })).toEqual(["CERT", "KEY"]);
  });

  test("are named once, and nothing else that braces hold is one", () => {
    const body = ["{{B}} {{A}} {{B}}", "{{run.id}}", "\\{{C}}", "{{vars.d}}"];
    expect(inChain({ ...HTTP, body, expect: { schema: { const: "{{E}}" } } })).toEqual(["A", "B"]);
  });
});
