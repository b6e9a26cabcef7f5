import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startTarget, type Target } from "../support/target.ts";
import { LAB_ENDS, labEnds, PLAY_MS_MAX, playExample, rowsOf, startExample, violationsOf } from "./play-example.ts";

const KEY = "consumer-key:token-key:t0ken secret/%";

describe.concurrent("lab-monitor", { timeout: PLAY_MS_MAX }, () => {
  test("tests every machine that can be tested, once; each trouble stays with its machine", async () => {
    const played = await playExample("lab-monitor");
    expect(violationsOf(played)).toEqual([]);
    expect(labEnds(played)).toEqual(LAB_ENDS);
    expect(played.exitCode).toBe(0);
  });

  test("sends to other servers when they are named, signs as MAAS wants it, and reports what happened there", async (context) => {
    const target = await openLab(context);
    const [maas, testflinger] = [`${target.url}/MAAS/`, `${target.url}/`];
    const servers = ["--maas", maas, "--maas-key", KEY, "--testflinger", testflinger];
    const played = await playExample("lab-monitor", ...servers, "--rack", "rack 7", "--hour", "4");
    expect(violationsOf(played)).toEqual([]);
    expect(rowsOf(played).map(([machine, result]) => `${machine} ${result}`)).toEqual([
      "good ok",
      "off ok",
      "stuck error",
    ]);
    expect(played.exitCode).toBe(0);

    const [list] = target.at("/MAAS/api/2.0/machines/");
    expect([...new URLSearchParams(list?.query)]).toEqual([["tags", "rack 7"]]);
    const authorization = list?.headers["authorization"] ?? "";
    expect(authorization).toMatch(/^OAuth /);
    for (const part of [
      'oauth_consumer_key="consumer-key"',
      'oauth_token="token-key"',
      'oauth_signature_method="PLAINTEXT"',
      `oauth_signature="${encodeURIComponent(`&${encodeURIComponent("t0ken secret/%")}`)}"`,
    ])
      expect(authorization).toContain(part);
    expect(
      target
        .at("/v1/job")
        .map((it) => (JSON.parse(it.body) as { job_queue: string }).job_queue)
        .toSorted(),
    ).toEqual(["good", "stuck"]);
    expect(target.at("/v1/job/id-stuck/action").map((it) => it.body)).toEqual(['{"action":"cancel"}']);
  });

  test("takes a MAAS that fails as an empty rack, and says so", async (context) => {
    const target = await openLab(context);
    target.on("/MAAS/api/2.0/machines/", () => ({ status: 500 }));
    const servers = ["--maas", target.url, "--maas-key", KEY, "--testflinger", target.url];
    const played = await playExample("lab-monitor", ...servers);
    expect(rowsOf(played)).toEqual([["-", "no list", "HTTP 500, expected 200; the next cycle asks again"]]);
    expect(played.exitCode).toBe(0);
    expect(target.arrivals.length).toBe(1);
  });

  test("leaves neither a process nor a file behind when it is interrupted", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "fleetcron-interrupted-"));
    context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { child, ended, stderr } = startExample(["lab-monitor"], { TMPDIR: folder });
    await eventually("job at a machine", PLAY_MS_MAX, () => (stderr().includes("gets a job") ? true : undefined));
    child.kill("SIGINT");
    const { exitCode, stdout } = await ended;
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr()).toContain("Interrupted");
    expect(await readdir(folder)).toEqual([]);
  });
});

/** A MAAS with three machines and their Testflinger, in one server. */
async function openLab(context: TestContext): Promise<Target> {
  const target = await startTarget();
  context.onTestFinished(() => target.close());
  const json = (body: unknown) => () => ({ body: JSON.stringify(body) });
  target.on("/MAAS/api/2.0/machines/", json(["good", "off", "stuck"].map((hostname) => ({ hostname }))));
  target.on("/v1/agents/data/good", json({ state: "waiting" }));
  target.on("/v1/agents/data/stuck", (_arrival, nth) =>
    nth === 1 ? { status: 404 } : { body: '{"state":"waiting"}' },
  );
  target.on("/v1/agents/data/off", json({ state: "offline" }));
  target.on("/v1/job", ({ body }) => ({
    body: JSON.stringify({ job_id: `id-${(JSON.parse(body) as { job_queue: string }).job_queue}` }),
  }));
  target.on("/v1/result/id-good", (_arrival, nth) =>
    nth < 3 ? { status: 204, body: "" } : { body: '{"job_state":"complete","test_status":0}' },
  );
  target.on("/v1/result/id-stuck", () => ({ status: 204, body: "" }));
  return target;
}
