import { describe, expect, test } from "vitest";
import { answer, createHarness } from "../chain-harness.ts";
import { jobOf } from "../job-fixtures.ts";
import { forEach, fromPath, request } from "./actions.ts";

const login = request("login", { capture: { token: fromPath("$.token", { sensitive: true }) } });
const use = request("use", { headers: { Authorization: "Bearer {{vars.token}}" } });

describe("a sensitive capture", () => {
  test("is used by later steps and stands in no record, also when an answer reflects it", async () => {
    const harness = createHarness(jobOf([login, use]));
    harness.respondBy((it) =>
      it.url.endsWith("login")
        ? answer(200, '{"token":"t0p-s3cret"}')
        : answer(200, `you are ${it.headers["Authorization"]}, ${Buffer.from("t0p-s3cret").toString("base64")}`),
    );
    await harness.start();
    expect(harness.sent[1]?.headers["Authorization"]).toBe("Bearer t0p-s3cret");
    const told = JSON.stringify(harness.changes);
    expect(told).not.toContain("t0p-s3cret");
    expect(told).not.toContain(Buffer.from("t0p-s3cret").toString("base64"));
    expect(harness.stored[0]).toMatchObject({ hasSensitiveValues: true });
  });

  test("shows no part of itself where it is no list to go through", async () => {
    const token = Array.from({ length: 400 }, (_, at) => String.fromCharCode(97 + ((at * 7 + (at >> 4)) % 26))).join(
      "",
    );
    const harness = createHarness(jobOf([login, forEach("{{vars.token}}", [use])]));
    harness.answerWith(answer(200, JSON.stringify({ token })));
    expect(await harness.start()).toMatchObject({ end: { reason: expect.stringContaining("must give a list") } });
    for (let at = 0; at + 20 <= token.length; at += 20)
      expect(JSON.stringify(harness.changes)).not.toContain(token.slice(at, at + 20));
  });

  test("is got again by whoever goes on, with the next attempt of its step", async () => {
    const before = createHarness(jobOf([login, use]));
    before.answerWith(answer(200, '{"token":"first-token"}'));
    before.acknowledgeBy((change) =>
      change.steps.some((it) => it.name === "use" && it.status === "ok") ? "lost" : "stored",
    );
    expect(await before.start()).toEqual({ outcome: "left" });
    const after = createHarness(jobOf([login, use]));
    after.answerWith(answer(200, '{"token":"second-token"}'));
    expect(await after.start({ steps: [...before.records.values()] }, { intentIsFresh: false })).toMatchObject({
      end: { status: "ok" },
    });
    expect(after.sent.map((it) => [it.url.split("/").at(-1), it.headers["X-FleetCron-Attempt"]])).toEqual([
      ["login", "2"],
      ["use", "2"],
    ]);
    expect(after.sent[1]?.headers["Authorization"]).toBe("Bearer second-token");
  });

  test("that can't be got again because no attempt is left fails the run and says so", async () => {
    const strict = request("login", { ...login, retry: { retries: 0 } });
    const before = createHarness(jobOf([strict, use]));
    before.answerWith(answer(200, '{"token":"first-token"}'));
    before.acknowledgeBy((change) =>
      change.end === undefined && change.steps.some((it) => it.name === "use") ? "lost" : "stored",
    );
    await before.start();
    before.acknowledgeBy(() => "stored");
    const steps = [...before.records.values()].map((it) => ({
      ...it,
      status: "ok" as const,
      hasSensitiveValues: true,
    }));
    const after = createHarness(jobOf([strict, use]));
    expect(await after.start({ steps }, { intentIsFresh: false })).toMatchObject({
      end: { status: "error", reason: expect.stringContaining("sensitive values were lost") },
    });
    expect(after.sent).toEqual([]);
  });

  test("is got again together with those that it was got with", async () => {
    const exchange = request("exchange", {
      headers: { Authorization: "{{vars.token}}" },
      capture: { key: fromPath("$.key", { sensitive: true }) },
    });
    const last = request("use", { headers: { Authorization: "{{vars.key}}" } });
    const job = jobOf([login, exchange, last]);
    const answers = [answer(200, '{"token":"a-token"}'), answer(200, '{"key":"a-key"}')];
    const before = createHarness(job);
    before.answerWith(...answers);
    before.acknowledgeBy((change) => (change.end === undefined ? "stored" : "lost"));
    await before.start();
    const steps = [...before.records.values()].filter((it) => it.name !== "use");
    const after = createHarness(job);
    after.answerWith(...answers);
    expect(await after.start({ steps }, { intentIsFresh: false })).toMatchObject({ end: { status: "ok" } });
    expect(after.sent.map((it) => it.headers["Authorization"])).toEqual([undefined, "a-token", "a-key"]);
  });

  test("of a step that failed is not got again: whoever goes on cleans up after the failure", async () => {
    const checked = request("login", {
      capture: { token: fromPath("$.token", { sensitive: true, default: "no token at all" }) },
      expect: { json: [{ path: "$.ok", matcher: { equals: true } }] },
    });
    const tell = request("tell", { method: "POST", body: "{{vars.token}}" });
    const job = jobOf([checked, request("use")], { onFailure: [tell] });
    const before = createHarness(job);
    before.answerWith(answer(200, '{"ok":false}'));
    before.acknowledgeBy((change) => (change.end === undefined ? "stored" : "lost"));
    await before.start();
    const steps = [...before.records.values()].filter((it) => it.name === "login");
    expect(steps).toMatchObject([{ status: "error", attempts: 1 }]);
    const after = createHarness(job);
    after.answerWith(answer(200));
    const result = await after.start({ steps }, { intentIsFresh: false });
    expect(result).toMatchObject({ end: { status: "error", reason: expect.stringContaining("$.ok") } });
    expect(after.sent.map((it) => [it.url.split("/").at(-1), it.body])).toEqual([["tell", "no token at all"]]);
  });

  test("that no later step names is not got again", async () => {
    const harness = createHarness(jobOf([login, request("other")]));
    harness.answerWith(answer(200, '{"token":"first-token"}'));
    await harness.start();
    const [first] = harness.stored;
    const after = createHarness(jobOf([login, request("other")]));
    await after.start({ steps: first === undefined ? [] : [first] }, { intentIsFresh: false });
    expect(after.sent.map((it) => it.url.split("/").at(-1))).toEqual(["other"]);
  });
});
