import { expect, test } from "vitest";
import { createLiveSettings } from "../../src/compose/live-settings.ts";
import { loadDefaults } from "../../src/compose/load-config.ts";
import { createSystemClock } from "../../src/adapters/system/system-clock.ts";
import type { AgentConfig, LogLevel } from "../../src/model/config.ts";
import { eventually } from "../support/eventually.ts";
import { get } from "../adapters/undici/client-fixture.ts";
import { serve } from "../adapters/undici/hostile-server.ts";

function settingsOf(config: AgentConfig, changed = config, setLevel: (level: LogLevel) => void = () => {}) {
  return createLiveSettings({
    initial: config,
    read: async () => ({ ok: true, config: changed }),
    clock: createSystemClock(),
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    setLevel,
  });
}

test("no request goes to a server of the database that only the open database knows, before and after a reload", async () => {
  const origin = await serve((_request, response) => response.end("not for jobs"));
  const { egress, ...rest } = loadDefaults("mongodb://127.0.0.1:1");
  const settings = settingsOf({ ...rest, egress: { ...egress, proxy: "none" }, mongodbUri: "embedded" });
  const members: string[] = [];
  settings.keepFromDatabase(() => members);
  const send = () => settings.http.exchange(get(origin), new AbortController().signal);

  expect(await send()).toMatchObject({ kind: "response" });
  members.push(new URL(origin).host);
  const refused = { cause: "refused", message: expect.stringContaining("it is the fleet's MongoDB") };
  expect(await send()).toMatchObject(refused);
  expect(await settings.reload()).toMatchObject({ status: "ok" });
  expect(await send()).toMatchObject(refused);
  await settings.close();
});

test("a reload takes what may change into effect, and names what belongs to the fleet", async () => {
  const config = loadDefaults("mongodb://127.0.0.1:1");
  const settings = settingsOf(config, {
    ...config,
    labels: { site: "seoul" },
    fleet: { ...config.fleet, zone: "UTC" },
  });
  const { status, result } = await settings.reload();
  expect(status).toBe("ok");
  expect(result).toContain("not in effect: tz, max_serial and lease");
  expect(settings.current.labels).toEqual({ site: "seoul" });
  await settings.close();
});

test("a reload that names another database changes nothing", async () => {
  const config = loadDefaults("mongodb://127.0.0.1:1");
  const settings = settingsOf(config, { ...config, labels: { site: "seoul" }, dbName: "other" });
  expect(await settings.reload()).toMatchObject({ status: "failed", result: expect.stringContaining("restart") });
  expect(settings.current.labels).toEqual({});
  await settings.close();
});

test("a request that waits for its turn at a busy host says so, and asks once more before it is sent", async () => {
  let letGo = (): void => {};
  let asked = (): void => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const origin = await serve((_request, response) => {
    letGo = () => response.end();
    asked();
  });
  const { egress, runs, ...rest } = loadDefaults("mongodb://127.0.0.1:1");
  const settings = settingsOf({ ...rest, egress: { ...egress, proxy: "none" }, runs: { ...runs, maxPerHost: 1 } });
  const { signal } = new AbortController();
  const first = settings.http.exchange(get(origin), signal);
  await isAsked;
  let waits = 0;
  const second = settings.http.exchange(
    get(origin),
    signal,
    async () => false,
    () => void waits++,
  );
  expect(waits).toBe(1);
  letGo();
  expect(await first).toMatchObject({ kind: "response" });
  expect(await second).toMatchObject({ kind: "failure", cause: "aborted" });
  await settings.close();
});

test("a log level that was set outlives a reload, and the latest ends when its time is over", async () => {
  const config = loadDefaults("mongodb://127.0.0.1:1");
  const changed: AgentConfig = { ...config, log: { ...config.log, level: "warn" } };
  const levels: LogLevel[] = [];
  const settings = settingsOf(config, changed, (level) => void levels.push(level));
  settings.setLogLevel("debug", 20);
  settings.setLogLevel("error", undefined);
  await settings.reload();
  settings.setLogLevel("debug", 60);
  await eventually("the end of the level", 5_000, () => levels.at(-1) === "warn" || undefined);
  expect(levels).toEqual(["debug", "error", "error", "debug", "warn"]);
  await settings.close();
});
