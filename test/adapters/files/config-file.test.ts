import { execFileSync } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ConfigPlaces, findConfigFile } from "../../../src/adapters/files/config-file.ts";
import { EXIT } from "../../../src/model/errors.ts";
import { startProcess } from "./other-process.ts";
import { scratchFolder } from "./scratch-folder.ts";

const NAME = "fleetcron.config.json";

async function emptyPlaces(): Promise<ConfigPlaces & { folder: string }> {
  const folder = await scratchFolder();
  const [programDir, home] = [join(folder, "program"), join(folder, "home")];
  await mkdir(programDir);
  await mkdir(home);
  return { flag: undefined, env: {}, programDir, home, folder };
}

async function fileWith(path: string, content: string | Buffer): Promise<string> {
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

describe("the config file is the first of", () => {
  test("--config, FLEETCRON_CONFIG, the program's folder, the home", async () => {
    const places = await emptyPlaces();
    const flag = await fileWith(join(places.folder, "flag.json"), "flag");
    const named = await fileWith(join(places.folder, "env.json"), "environment");
    const env = { FLEETCRON_CONFIG: named };
    await fileWith(join(places.programDir, NAME), "program");
    await fileWith(join(places.home, NAME), "home");
    const nothing = { programDir: join(places.folder, "none") };

    const textOf = async (change: Partial<ConfigPlaces>) => (await findConfigFile({ ...places, ...change }))?.text;
    expect(await textOf({ flag, env })).toBe("flag");
    expect(await textOf({ env })).toBe("environment");
    expect(await textOf({ env: { FLEETCRON_CONFIG: "" } })).toBe("program");
    expect(await textOf({})).toBe("program");
    expect(await textOf(nothing)).toBe("home");
    expect((await findConfigFile({ ...places, flag }))?.path).toBe(flag);
  });

  test("nothing, when there is none", async () => {
    expect(await findConfigFile(await emptyPlaces())).toBeUndefined();
  });
});

describe("a config file", () => {
  test.each([
    ["UTF-8 with a byte order mark", Buffer.from('\uFEFF{"tz": "Asia/Seoul"} // 서울')],
    ["UTF-16 of PowerShell", Buffer.from('\uFEFF{"tz": "Asia/Seoul"} // 서울', "utf16le")],
  ])("in %s is read without the mark", async (_, bytes) => {
    const places = await emptyPlaces();
    await fileWith(join(places.home, NAME), bytes);

    expect((await findConfigFile(places))?.text).toBe('{"tz": "Asia/Seoul"} // 서울');
  });

  test("row 34: tells whether every user of the machine may read it", async () => {
    const places = await emptyPlaces();
    const path = await fileWith(join(places.home, NAME), "{}");
    const readableWithMode = async (mode: number) => {
      await chmod(path, mode);
      return (await findConfigFile(places))?.readableByOthers;
    };

    expect(await readableWithMode(0o600)).toBe(false);
    // A service's config that belongs to root and to the group of the service.
    expect(await readableWithMode(0o640)).toBe(false);
    expect(await readableWithMode(0o644)).toBe(true);
  });

  test("may be a pipe", async () => {
    const places = await emptyPlaces();
    const pipe = join(places.folder, "pipe");
    execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", pipe]);

    const [found] = await Promise.all([findConfigFile({ ...places, flag: pipe }), writeFile(pipe, '{"tz": "UTC"}')]);

    expect(found?.text).toBe('{"tz": "UTC"}');
  });
});

describe("a config file is refused with exit code 2 when it is", () => {
  test.each(["--config", "FLEETCRON_CONFIG"])("named by %s and missing", async (by) => {
    const places = await emptyPlaces();
    const path = join(places.folder, "missing.json");
    await fileWith(join(places.home, NAME), "{}");
    const named = by === "--config" ? { flag: path } : { env: { FLEETCRON_CONFIG: path } };

    await expect(findConfigFile({ ...places, ...named })).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: `${by} names ${path}, which does not exist`,
    });
  });

  test("row 31: a folder", async () => {
    const places = await emptyPlaces();

    await expect(findConfigFile({ ...places, flag: places.home })).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: `the config file ${places.home} is a folder`,
    });
  });

  test("row 31: over 1 MB, without reading on for ever", async () => {
    const places = await emptyPlaces();
    await fileWith(join(places.home, NAME), Buffer.alloc(1_048_576, " "));
    expect((await findConfigFile(places))?.text).toHaveLength(1_048_576);

    await expect(findConfigFile({ ...places, flag: "/dev/zero" })).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: "the config file /dev/zero is over 1 MB",
    });
  });

  test("row 31: no text, and nothing of it is repeated", async () => {
    const places = await emptyPlaces();
    await fileWith(join(places.home, NAME), Buffer.from([0x73, 0x65, 0x63, 0x72, 0x65, 0x74, 0xff, 0x80]));

    await expect(findConfigFile(places)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: `the config file ${join(places.home, NAME)} is not UTF-8 text`,
    });
  });

  test("row 31: unreadable for this user", async () => {
    const places = await emptyPlaces();
    await chmod(places.folder, 0o755);
    const path = await fileWith(join(places.folder, "secret.json"), "{}");
    await chmod(path, 0o000);

    const answer = await startProcess(
      "src/adapters/files/config-file.ts",
      `await module.findConfigFile(${JSON.stringify({ ...places, flag: path })}).then(say, (err) => say(err.exitCode + " " + err.message));`,
      "ordinary user",
    ).nextLine();

    expect(answer).toBe(`${EXIT.usage} the config file ${path} can't be read: permission denied (EACCES)`);
  });
});
