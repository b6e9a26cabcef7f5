import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { fleetHome } from "../../../src/adapters/files/fleet-home.ts";
import { EXIT } from "../../../src/model/errors.ts";
import { scratchFolder } from "./scratch-folder.ts";

describe("the home of an agent", () => {
  test("is ~/.fleetcron, made for its owner alone", async () => {
    const user = await scratchFolder();
    vi.stubEnv("HOME", user);
    onTestFinished(() => void vi.unstubAllEnvs());

    expect(fleetHome({})).toBe(join(user, ".fleetcron"));
    expect((await stat(join(user, ".fleetcron"))).mode & 0o777).toBe(0o700);
  });

  test("is where FLEETCRON_HOME says", async () => {
    const folder = join(await scratchFolder(), "deep", "down");

    expect(fleetHome({ FLEETCRON_HOME: folder })).toBe(folder);
    expect((await stat(folder)).isDirectory()).toBe(true);
  });

  test.each(["a file", "below a file"])("is refused when it is %s", async (where) => {
    const file = join(await scratchFolder(), "file");
    await writeFile(file, "");
    const home = where === "a file" ? file : join(file, "home");

    expect(() => fleetHome({ FLEETCRON_HOME: home })).toThrow(
      expect.objectContaining({ exitCode: EXIT.usage, message: `the home ${home} is not a folder` }),
    );
  });
});
