import { expect, test } from "vitest";
import { openFleet } from "./fleet.ts";

test("a run is followed from its vars to its end: each attempt, each item that fails, and the run's exit code", async (context) => {
  const fleet = await openFleet(context, { config: { commands: { poll_sec: 1 } } });
  const agent = await fleet.startAgent();
  await agent.untilLogged("leader_changed");
  fleet.target.on("/order", (_, nth) => (nth === 1 ? { status: 503 } : { status: 201, body: '{"ids":["a","b","c"]}' }));
  fleet.target.on("/item/b", () => ({ status: 404 }));
  await fleet.putJob({
    name: "orders",
    schedule: "0 0 1 1 *",
    actions: [
      {
        type: "http",
        name: "order",
        method: "POST",
        url: `${fleet.target.url}/order`,
        body: { site: "{{vars.site}}", n: "{{vars.n}}" },
        retry: { retries: 1, delay_sec: 1 },
        capture: { ids: "$.ids" },
      },
      {
        type: "for_each",
        name: "items",
        in: "{{vars.ids}}",
        actions: [
          { type: "http", url: `${fleet.target.url}/item/{{vars.item}}`, method: "GET", retry: { retries: 0 } },
        ],
      },
    ],
  });
  const given = ["--var", "site=seoul", "--var", "n=9007199254740993"];
  const { exitCode, stdout, stderr } = await fleet.cli("job", "run", "orders", "--follow", ...given);
  expect(fleet.target.at("/order").map((it) => it.body)).toEqual(
    [1, 2].map(() => '{"site":"seoul","n":9007199254740993}'),
  );
  const lines = stdout.replaceAll(/^\d\d:\d\d:\d\d /gm, "");
  expect(lines).toMatch(/^step 1 order: failed 503: .*; attempt 2 at \d\d:\d\d:\d\d$/m);
  expect(lines).toMatch(/^step 1 order: ok 201 in .*; captured ids = \["a","b","c"\]$/m);
  expect(lines).toMatch(/^step 2\.2 b: error: .*404/m);
  expect(lines).toMatch(/^step 2 items: error: 2 ok, 1 failed of 3$/m);
  expect(lines).toMatch(/^error after .*: step 2 "items"/m);
  expect(exitCode).toBe(1);

  const id = /run show '(.*)'/.exec(stderr)?.[1] ?? "";
  const shown = await fleet.cli("run", "show", id);
  expect(shown.stdout).toContain('vars       {"site":"seoul","n":9007199254740993}');
  expect(shown.stdout).toContain("2 ok, 1 failed of 3");
});
