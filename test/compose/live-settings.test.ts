import { expect, test } from "vitest";
import { createLiveSettings } from "../../src/compose/live-settings.ts";
import { loadDefaults } from "../../src/compose/load-config.ts";
import { createSystemClock } from "../../src/adapters/system/system-clock.ts";
import type { AgentConfig } from "../../src/model/config.ts";
import { get } from "../adapters/undici/client-fixture.ts";
import { serve } from "../adapters/undici/hostile-server.ts";

function settingsOf(config: AgentConfig, changed = config) {
  return createLiveSettings({
    initial: config,
    read: async () => ({ ok: true, config: changed }),
    clock: createSystemClock(),
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    setLevel: () => {},
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
