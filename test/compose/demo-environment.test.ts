import { expect, test } from "vitest";
import { demoEnvironment } from "../../src/compose/demo-environment.ts";

test("the agents of the demo go straight to its target, behind a proxy too, and by no settings but the demo's", () => {
  const proxy = "http://proxy.corp.test:3128";
  const env = {
    PATH: "/bin",
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    ALL_PROXY: proxy,
    all_proxy: proxy,
    FLEETCRON_DB: "mine",
  };
  expect(demoEnvironment(env)).toEqual({ PATH: "/bin" });
});
