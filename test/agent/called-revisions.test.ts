import { expect, test } from "vitest";
import { watchSends } from "../support/fleet-world/send-rules.ts";
import { createWorld } from "../support/fleet-world/world.ts";

const get = (path: string, fields: Readonly<Record<string, unknown>> = {}) => ({
  type: "http",
  url: `http://target.test${path}`,
  ...fields,
});
const OFF = { enabled: false };

/** Three jobs, each called by the one before it; the last goes through a list. Same names everywhere. */
const OUTER = {
  schedule: "1 10 * * *",
  vars: { site: "outer", own: "mine" },
  actions: [
    get("/outer/{{vars.site}}", { name: "first" }),
    { type: "job", name: "call", job: "middle", vars: { site: "given-{{vars.own}}" } },
    get("/outer/end/{{vars.site}}/{{steps.call.result}}"),
  ],
};
const MIDDLE = {
  ...OFF,
  vars: { site: "middle", list: ["x", "y"] },
  actions: [
    get("/middle/{{vars.site}}", { name: "first" }),
    { type: "job", name: "call", job: "inner", vars: { list: "{{vars.list}}" } },
  ],
  finally: [get("/middle/end/{{vars.site}}")],
};
const INNER = {
  ...OFF,
  vars: { site: "inner" },
  actions: [
    {
      type: "for_each",
      name: "call",
      in: "{{vars.list}}",
      as: "site",
      concurrency: 2,
      actions: [get("/item/{{vars.site}}", { name: "first" }), get("/item/end/{{vars.site}}")],
    },
    get("/inner/end/{{vars.site}}"),
  ],
};
/** Each request once, whichever agent sent it; of x twice, because an agent died over it. */
const SENT = [
  "/outer/outer",
  "/middle/given-mine",
  "/item/x",
  "/item/y",
  "/item/end/y",
  "/item/x",
  "/item/end/x",
  "/inner/end/inner",
  "/middle/end/given-mine",
  "/outer/end/outer/ok",
];

test.each(["edited", "deleted"])(
  "jobs that are %s while a run calls them are played on as they were, also at another agent",
  async (what) => {
    const world = createWorld();
    const brokenRules = watchSends(world);
    const machines = await world.startFleet("a", "b", "c");
    world.putJob("job", OUTER);
    world.putJob("middle", MIDDLE);
    world.putJob("inner", INNER);
    world.target.on("/item/x", (_, nth) => (nth === 1 ? "hangs" : {}));
    await world.passUntil("the items", 60_000, () => world.target.at("/item/end/y").length === 1);
    await world.pass(500);
    for (const name of ["middle", "inner"]) {
      if (what === "deleted") world.removeJob(name);
      else world.putJob(name, { ...OFF, actions: [get("/another")], finally: [get("/another")] });
    }
    // Long enough for everybody to have read it.
    await world.pass(4_000);
    machines.find((it) => it.name === world.target.arrivals.at(-1)?.machine)?.crash();
    const run = () => world.runAt("job", "10:01");
    await world.passUntil("the end", 60_000, () => run().status !== "running");
    expect(run()).toMatchObject({ status: "ok", takeovers: 1 });
    expect(world.target.arrivals.map((it) => it.path)).toEqual(SENT);
    expect(world.target.at("/item/x").map((it) => it.attempt)).toEqual([1, 2]);
    expect(brokenRules).toEqual([]);
  },
);
