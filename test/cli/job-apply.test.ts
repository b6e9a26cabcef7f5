import { describe, expect, test } from "vitest";
import { addJob, jobFields } from "./fake-fleet.ts";
import { createTerminal } from "./terminal.ts";

function results(stdout: string): unknown {
  return (JSON.parse(stdout) as { name: string; result: string }[]).map((it) => `${it.name} ${it.result}`);
}

describe("job apply", () => {
  test("creates a job, leaves it when the file says the same, updates it when it says another thing", async () => {
    const terminal = createTerminal();
    terminal.files.set("job.json", JSON.stringify(jobFields("prices")));
    const apply = async () => results((await terminal.run("job", "apply", "job.json", "--output", "json")).stdout);
    expect(await apply()).toEqual(["prices created"]);
    expect(await apply()).toEqual(["prices unchanged"]);
    terminal.files.set("job.json", JSON.stringify({ ...jobFields("prices"), minute: 45 }));
    expect(await apply()).toEqual(["prices updated"]);
    expect([...terminal.fleet.documents.values()]).toMatchObject([{ name: "prices", minute: 45 }]);
  });

  test("takes a list with comments, and says in a table what became of each", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "b");
    terminal.files.set(
      "jobs.jsonc",
      `// ours\n[${JSON.stringify(jobFields("a"))}, ${JSON.stringify(jobFields("b"))},]`,
    );
    const { exitCode, stdout, stderr } = await terminal.run("job", "apply", "jobs.jsonc");
    expect(stdout).toBe("RESULT     NAME  ID\ncreated    a     made-2\nunchanged  b     b\n");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  test("removes what the file leaves out, and keeps the id", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "65f0c0ffee65f0c0ffee65f0", { name: "prices", owner: "sales" });
    terminal.files.set("job.json", JSON.stringify(jobFields("prices")));
    await terminal.run("job", "apply", "job.json");
    expect(terminal.fleet.documents.get("65f0c0ffee65f0c0ffee65f0")).toEqual({
      ...jobFields("prices"),
      _id: "65f0c0ffee65f0c0ffee65f0",
    });
  });

  test("keeps whole numbers beyond 2^53 exact", async () => {
    const terminal = createTerminal();
    const fields = JSON.stringify({ ...jobFields("prices"), method: "POST" }).replace(
      /}$/,
      ',"body":{"id":9007199254740993}}',
    );
    terminal.files.set("job.json", fields);
    await terminal.run("job", "apply", "job.json");
    expect(terminal.fleet.documents.get("made-1")).toMatchObject({ body: { id: 9007199254740993n } });
    const { stdout } = await terminal.run("job", "show", "prices", "--output", "json");
    expect(stdout).toContain('"id": 9007199254740993\n');
  });

  test("finds a job by its _id, whatever its name was, and creates one with an _id that nobody has", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "65f0c0ffee65f0c0ffee65f0", { name: "old name" });
    const ids = ["65f0c0ffee65f0c0ffee65f0", "75f0c0ffee65f0c0ffee65f0"];
    const jobs = ids.map((id) => ({ _id: { $oid: id }, ...jobFields(`job ${id[0]}`) }));
    terminal.files.set("jobs.json", JSON.stringify(jobs));
    const { stdout } = await terminal.run("job", "apply", "jobs.json", "--output", "json");
    expect(results(stdout)).toEqual(["job 6 updated", "job 7 created"]);
    expect([...terminal.fleet.documents.keys()]).toEqual(ids);
  });

  test("names every problem of every job with its pointer and writes nothing", async () => {
    const terminal = createTerminal();
    const jobs = [
      jobFields("good"),
      { ...jobFields("bad"), minute: 77, url: "ftp://x" },
      { ...jobFields(""), name: undefined },
    ];
    terminal.files.set("jobs.json", JSON.stringify(jobs));
    const { exitCode, stdout, stderr } = await terminal.run("job", "apply", "jobs.json");
    expect({ exitCode, stdout }).toEqual({ exitCode: 8, stdout: "" });
    expect(stderr).toContain("nothing is applied, jobs.json has problems:");
    expect(stderr).toContain("/1/minute  must be at most 59, got 77");
    expect(stderr).toContain("/1/url  ");
    expect(stderr).toContain("/2/name  give the job a name");
    expect(terminal.fleet.documents.size).toBe(0);
  });

  test("gives programs the problems one by one", async () => {
    const terminal = createTerminal();
    terminal.files.set("job.json", JSON.stringify({ ...jobFields("bad"), minute: 77 }));
    const { stderr } = await terminal.run("job", "apply", "job.json", "--output", "json");
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "problems",
        message: "nothing is applied, job.json has problems:",
        problems: [{ path: "/minute", message: "must be at most 59, got 77", severity: "error" }],
      },
    });
  });

  test("does not guess between jobs of one name", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "id-1", { name: "prices" });
    addJob(terminal.fleet, "id-2", { name: "prices" });
    terminal.files.set("job.json", JSON.stringify({ ...jobFields("prices"), minute: 1 }));
    const { exitCode, stderr } = await terminal.run("job", "apply", "job.json");
    expect(exitCode).toBe(6);
    expect(stderr).toContain('2 jobs are named "prices": id-1, id-2');
    expect(terminal.fleet.documents.get("id-1")).toMatchObject({ minute: 30 });
  });

  test("refuses a file that says the same job twice", async () => {
    const terminal = createTerminal();
    terminal.files.set("jobs.json", JSON.stringify([jobFields("a"), jobFields("a")]));
    const { exitCode, stderr } = await terminal.run("job", "apply", "jobs.json");
    expect(exitCode).toBe(6);
    expect(stderr).toContain("/0 and /1 of jobs.json are the same job");
    expect(terminal.fleet.documents.size).toBe(0);
  });

  test("tells where a file is not JSON, and when there is none", async () => {
    const terminal = createTerminal();
    terminal.files.set("broken.json", '{\n  "name": }');
    const broken = await terminal.run("job", "apply", "broken.json");
    expect(broken).toMatchObject({ exitCode: 8, stderr: expect.stringContaining("line 2, column") });
    const missing = await terminal.run("job", "apply", "nowhere.json");
    expect(missing).toMatchObject({
      exitCode: 2,
      stderr: "fleetcron: can't read nowhere.json: there is no such file\n",
    });
    terminal.files.set("none.json", "[]");
    expect(await terminal.run("job", "apply", "none.json")).toMatchObject({ exitCode: 8 });
    terminal.files.set("text.json", '["x", 5, null]');
    expect(await terminal.run("job", "apply", "text.json")).toMatchObject({ exitCode: 8 });
  });

  test("prints warnings and goes on", async () => {
    const terminal = createTerminal();
    terminal.files.set("job.json", JSON.stringify({ ...jobFields("prices"), minute: "7" }));
    const { exitCode, stderr } = await terminal.run("job", "apply", "job.json");
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/\/minute {2}.*\(warning\)/);
  });
});
