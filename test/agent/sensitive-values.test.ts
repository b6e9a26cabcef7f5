import { expect, test } from "vitest";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld } from "../support/fleet-world/world.ts";

const get = (path: string, fields: Readonly<Record<string, unknown>> = {}) => ({
  type: "http",
  url: `http://target.test${path}`,
  ...fields,
});
const SECRET = "t0p-s3cret";

const JOB = {
  schedule: "1 10 * * *",
  actions: [
    get("/login", {
      name: "login",
      method: "POST",
      capture: { token: { path: "$.token", sensitive: true }, keys: { path: "$.keys", sensitive: true } },
    }),
    { type: "job", name: "call", job: "other", vars: { token: "{{vars.token}}", keys: "{{vars.keys}}" } },
  ],
  on_failure: [get("/tell", { method: "POST", body: { token: "{{vars.token}}", why: "{{steps.call.error}}" } })],
  finally: [get("/logout", { method: "POST", form: { token: "{{vars.token}}" } })],
};
const OTHER = {
  enabled: false,
  actions: [
    {
      type: "for_each",
      in: "{{vars.keys}}",
      as: "key",
      concurrency: 2,
      continue_on_failure: true,
      actions: [
        get("/use", { method: "PUT", body: "{{vars.key}} {{vars.token}}" }),
        get("/wait", { retry: { retries: 1, delay_sec: 30 } }),
        get("/deny", { expect: { body_matches: "^{{vars.key}}$" } }),
      ],
    },
    get("/check", { expect: { json: [{ path: "$.token", equals: "another" }] }, retry: { retries: 0 } }),
  ],
};

test.each(["lives", "dies"])(
  "what is sensitive is sent and stands in no record, event, answer or log, when its agent %s",
  async (fate) => {
    const world = createWorld();
    const brokenRules = watchSends(world);
    const machines = await world.startFleet("a", "b", "c");
    let logins = 0;
    const told = () =>
      JSON.stringify({ token: `${SECRET}-token-${logins}`, keys: [`${SECRET}-key-1`, `${SECRET}-key-2`] });
    world.target.on("/login", () => {
      logins++;
      return { body: told() };
    });
    for (const path of ["/use", "/wait", "/deny", "/logout", "/tell"])
      world.target.on(path, (_, nth) => ({
        body: `you said ${told()}`,
        status: path === "/wait" && nth <= 2 ? 503 : 200,
      }));
    world.target.on("/check", () => ({ body: told() }));
    world.putJob("job", JOB);
    world.putJob("other", OTHER);
    const run = () => world.runAt("job", "10:01");
    await world.passUntil("the wait", 60_000, () => world.target.at("/use").length === 2);
    await world.pass(1_000);
    if (fate === "dies") machines.find((it) => it.name === world.target.arrivals.at(-1)?.machine)?.crash();
    await world.passUntil("the end", 120_000, () => run().status !== "running");
    expect(run().status).toBe("error");
    expect(new Set(world.target.arrivals.map((it) => it.machine)).size).toBe(fate === "dies" ? 2 : 1);
    expect(world.target.at("/deny")).toHaveLength(2);
    expect(logins).toBe(fate === "dies" ? 2 : 1);
    expect(world.target.at("/logout")).toHaveLength(1);
    expect(world.target.at("/tell")).toHaveLength(1);
    expect(brokenRules).toEqual([]);
    const kept = Object.values(world.state).map((it) => (it instanceof Map ? [...it.values()] : it));
    const all = JSON.stringify([kept, world.log, run()], (_, value: unknown) => {
      if (value instanceof Error) return `${value.name} ${value.message} ${value.stack}`;
      return value instanceof Map ? [...value.entries()] : typeof value === "bigint" ? String(value) : value;
    });
    expect(all).toContain("[secret token]");
    const at = all.indexOf(SECRET);
    expect(at === -1 ? "" : all.slice(at - 200, at + 100)).toBe("");
  },
);
