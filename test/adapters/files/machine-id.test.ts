import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readMachineId } from "../../../src/adapters/files/machine-id.ts";
import { EXIT } from "../../../src/model/errors.ts";
import { startProcess } from "./other-process.ts";
import { scratchFolder } from "./scratch-folder.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

async function homeWith(text: string): Promise<string> {
  const home = await scratchFolder();
  await writeFile(join(home, "machine.json"), text);
  return home;
}

describe("the machine id", () => {
  test("is made once and stays", async () => {
    const home = await scratchFolder();

    const id = await readMachineId(home);

    expect(id).toMatch(UUID);
    expect(await readMachineId(home)).toBe(id);
    expect(JSON.parse(await readFile(join(home, "machine.json"), "utf8"))).toEqual({ machine_id: id });
  });

  test("lies in a file that only its owner may read, and nothing else is left beside it", async () => {
    const home = await scratchFolder();
    await readMachineId(home);

    expect((await stat(join(home, "machine.json"))).mode & 0o777).toBe(0o600);
    expect(await readdir(home)).toEqual(["machine.json"]);
  });

  test("is one for all that ask for it at the same time", async () => {
    const home = await scratchFolder();

    const ids = await Promise.all(Array.from({ length: 20 }, () => readMachineId(home)));

    expect(new Set(ids).size).toBe(1);
  });

  test("of the original is taken as it is", async () => {
    const home = await homeWith('{"machine_id": "5F0C2C0E-3f5b-4a53-9a5e-0d6a4b7f7a11", "made_by": "v2"}');

    expect(await readMachineId(home)).toBe("5F0C2C0E-3f5b-4a53-9a5e-0d6a4b7f7a11");
  });

  test.each([
    ["empty", "", "is empty"],
    ["cut off", '{"machine_id": "5f0c2c0e-3f5b', "holds no machine_id"],
    ["no object", '"5f0c2c0e-3f5b-4a53-9a5e-0d6a4b7f7a11"', "holds no machine_id"],
    ["without an id", "{}", "holds no machine_id"],
    ["a shortened id", '{"machine_id": "5f0c2c0e"}', "holds no machine_id"],
    ["a number", '{"machine_id": 7}', "holds no machine_id"],
  ])("row 35: is never replaced when its file is %s", async (_, text, complaint) => {
    const home = await homeWith(text);
    const path = join(home, "machine.json");

    await expect(readMachineId(home)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: `the machine id file ${path} ${complaint}`,
      hint: expect.stringContaining("restore it from a backup"),
    });
    expect(await readFile(path, "utf8")).toBe(text);
  });

  test("is refused when its file is a folder", async () => {
    const home = await scratchFolder();
    await mkdir(join(home, "machine.json"));

    await expect(readMachineId(home)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining("it is a folder"),
    });
  });

  test("is not written through a symbolic link", async () => {
    const home = await scratchFolder();
    await symlink(join(home, "elsewhere"), join(home, "machine.json"));

    await expect(readMachineId(home)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining("symbolic link that leads nowhere"),
    });
    expect(await readdir(home)).toEqual(["machine.json"]);
  });

  test("is not made anew when this user may not read it", async () => {
    const home = await homeWith('{"machine_id": "5f0c2c0e-3f5b-4a53-9a5e-0d6a4b7f7a11"}');
    await chmod(home, 0o755);
    await chmod(join(home, "machine.json"), 0o000);

    expect(await askAsOrdinaryUser(home)).toBe(
      `${EXIT.usage} the machine id file ${join(home, "machine.json")} can't be read: permission denied (EACCES)`,
    );
  });

  test("can't be made in a home that is read-only", async () => {
    const home = await scratchFolder();
    await chmod(home, 0o555);

    expect(await askAsOrdinaryUser(home)).toBe(
      `${EXIT.usage} the machine id file ${join(home, "machine.json")} can't be made: permission denied (EACCES)`,
    );
  });
});

function askAsOrdinaryUser(home: string): Promise<string> {
  return startProcess(
    "src/adapters/files/machine-id.ts",
    `await module.readMachineId(${JSON.stringify(home)}).then(say, (err) => say(err.exitCode + " " + err.message));`,
    "ordinary user",
  ).nextLine();
}
