import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { toolAnswers } from "./programs.ts";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/** A way to start a program that sees the boot id of another boot; where there is none the test is skipped, and says so. */
export async function needOtherBoot(context: TestContext): Promise<{ readonly through: readonly string[] }> {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return context.skip("another boot id can be shown by root on Linux alone; run the suite as root");
  const folder = await mkdtemp(join(tmpdir(), "fleetcron-boot-"));
  context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "boot_id");
  await writeFile(file, `${randomUUID()}\n`);
  // Of its own mounts only; both programs become the one that they start, so its process id is the agent's.
  const through = ["unshare", "-m", "sh", "-c", `mount --bind '${file}' ${BOOT_ID} && exec "$@"`, "sh"];
  if (!toolAnswers("unshare", ...through.slice(1), "true"))
    return context.skip("this machine lets nobody mount another boot id");
  return { through };
}
