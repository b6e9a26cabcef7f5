import { describe, expect, test } from "vitest";
import { EXIT, ExitError } from "../../src/model/errors.ts";
import { addJob, addMachine, jobFields } from "./fake-fleet.ts";
import { createTerminal } from "./terminal.ts";

/** As the lab monitor of the examples is made. */
const LAB = {
  url: undefined,
  vars: { rack: "rack-7" },
  tls: { insecure: true },
  actions: [
    {
      type: "http",
      name: "list",
      url: "{{MAAS_URL}}/MAAS/api/2.0/machines/",
      params: { tags: "{{vars.rack}}" },
      auth: { type: "oauth1", key: "{{MAAS_KEY}}" },
      capture: { hosts: { path: "$[*].hostname", default: [] } },
      continue_on_failure: true,
    },
    {
      type: "for_each",
      name: "machines",
      in: "{{vars.hosts}}",
      as: "host",
      concurrency: 8,
      actions: [
        {
          type: "http",
          name: "agent",
          url: "{{TF}}/v1/agents/data/{{vars.host}}",
          retry: { retries: 2, delay_sec: 3600 },
        },
        {
          type: "http",
          name: "submit",
          method: "POST",
          url: "{{TF}}/v1/job",
          body: { job_queue: "{{vars.host}}" },
          retry: { retries: 0 },
          when: { if: [{ value: "{{steps.agent.json.state}}", not_in: ["offline", "maintenance"] }] },
          capture: { id: "$.job_id" },
        },
        {
          type: "http",
          name: "poll",
          url: "{{TF}}/v1/result/{{vars.id}}",
          until: { json: [{ path: "$.job_state", in: ["complete", "cancelled"] }], timeout_sec: 7200 },
          expect: { status: [200, 204] },
        },
      ],
      on_failure: [{ type: "http", name: "cancel", method: "POST", url: "{{TF}}/v1/job/{{vars.id}}/action" }],
    },
    { type: "sleep", seconds: 90 },
  ],
  on_failure: [{ type: "job", name: "tell", job: "notify", vars: { failed: "{{steps.machines.failed}}" } }],
};

describe("job show", () => {
  test("shows a chain with what lies inside it, and on what terms each action is done", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "lab", LAB);
    addJob(terminal.fleet, "notify");
    const { stdout } = await terminal.run("job", "show", "lab");
    expect(stdout).toMatch(/^lab {2}enabled {2}accepts any certificate\n/);
    expect(stdout).toContain("\n  vars       rack\n");
    expect(stdout).toContain(
      [
        "actions",
        "  1               list      GET {{MAAS_URL}}/MAAS/api/2.0/machines/       oauth1; captures hosts; a failure ends nothing",
        "  2               machines  for each host in {{vars.hosts}}, 8 at a time",
        "  2.1             agent     GET {{TF}}/v1/agents/data/{{vars.host}}       3 attempts, 1 h apart",
        '  2.2             submit    POST {{TF}}/v1/job                            only if {{steps.agent.json.state}} is none of ["offline","maintenance"]; one attempt; captures id',
        '  2.3             poll      GET {{TF}}/v1/result/{{vars.id}}              expects status 200 or 204; again every 30 s until $.job_state is one of ["complete","cancelled"], for at most 2 h',
        "  2 on failure 1  cancel    POST {{TF}}/v1/job/{{vars.id}}/action",
        "  3               -         sleep 1 min 30 s",
        "",
        "on failure",
        "  1  tell  job notify with failed",
        "",
      ].join("\n"),
    );
  });
});

const calls = (job: string) => ({ url: undefined, method: undefined, actions: [{ type: "job", job }] });
const file = (...jobs: readonly (readonly [string, Record<string, unknown>])[]) =>
  JSON.stringify(jobs.map(([name, fields]) => ({ ...jobFields(name), ...fields })));

describe("a job that accepts any certificate", () => {
  test("is shown in red", async () => {
    const terminal = createTerminal();
    terminal.isTty = true;
    addJob(terminal.fleet, "lab", LAB);
    const { stdout } = await terminal.run("job", "show", "lab");
    expect(stdout).toContain("\u001b[31maccepts any certificate");
  });
});

describe("jobs that call each other in a circle", () => {
  test("are named by job list and job validate, with the circle", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "one", calls("two"));
    addJob(terminal.fleet, "two", calls("one"));
    addJob(terminal.fleet, "good", calls("gone"));
    const list = await terminal.run("job", "list");
    expect(list.stdout).toMatch(/^one +invalid/m);
    expect(list.stdout).toMatch(/^good +enabled/m);
    expect(list.stderr).toContain(
      '"one" (one) is invalid and does not run:\n  /actions/0/job  calls itself: one -> two -> one; take one of these calls away',
    );
    const { exitCode, stdout } = await terminal.run("job", "validate");
    expect(exitCode).toBe(8);
    expect(stdout).toMatch(/^two +error +\/actions\/0\/job +calls itself: two -> one -> two/m);
    expect(stdout).toMatch(/^good +warning +\/actions\/0\/job +no job has the id or name "gone"/m);
  });

  test("in a file are named by job validate and stop job apply", async () => {
    const terminal = createTerminal();
    terminal.files.set("jobs.json", file(["one", calls("two")], ["two", calls("one")]));
    const { exitCode, stdout } = await terminal.run("job", "validate", "--file", "jobs.json");
    expect(exitCode).toBe(8);
    expect(stdout).toMatch(/^one +error +\/0\/actions\/0\/job +calls itself: one -> two -> one/m);
    const applied = await terminal.run("job", "apply", "jobs.json");
    expect(applied).toMatchObject({ exitCode: 8, stderr: expect.stringContaining("/1/actions/0/job  calls itself") });
    expect(terminal.fleet.documents.size).toBe(0);
  });

  test("that a file would make with stored jobs are found, as the jobs will be then", async () => {
    const terminal = createTerminal();
    addJob(terminal.fleet, "stored", calls("filed"));
    terminal.files.set("jobs.json", file(["filed", calls("stored")]));
    const validated = await terminal.run("job", "validate", "--file", "jobs.json");
    expect(validated.stdout).toMatch(/^filed +error +\/0\/actions\/0\/job +calls itself: filed -> stored -> filed/m);
    expect((await terminal.run("job", "apply", "jobs.json")).exitCode).toBe(8);
    // A file that opens the circle again is fine, though the stored jobs are on one.
    addJob(terminal.fleet, "filed", calls("stored"));
    terminal.files.set("jobs.json", file(["filed", {}], ["another", calls("filed")]));
    expect(await terminal.run("job", "validate", "--file", "jobs.json")).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "2 jobs, no problems\n",
    });
    expect(await terminal.run("job", "apply", "jobs.json")).toMatchObject({ exitCode: 0 });
    expect((await terminal.run("job", "validate")).exitCode).toBe(0);
  });

  test("are looked for in the file alone when no database can be reached, which is said", async () => {
    const terminal = createTerminal();
    terminal.openFleet = async () => {
      throw new ExitError(EXIT.usage, "there is no config");
    };
    terminal.files.set("jobs.json", file(["one", calls("one")], ["two", calls("stored")]));
    const { exitCode, stdout, stderr } = await terminal.run("job", "validate", "--file", "jobs.json");
    expect(exitCode).toBe(8);
    expect(stdout).toMatch(/^one +error +\/0\/actions\/0\/job +calls itself: one -> one/m);
    expect(stdout).not.toContain("stored");
    expect(stderr).toContain(
      "The calls of jobs are checked within the file alone: the jobs of the fleet can't be read.\nthere is no config\n",
    );
    // A file whose jobs call nobody needs no database.
    terminal.files.set("calm.json", file(["calm", {}]));
    expect((await terminal.run("job", "validate", "--file", "calm.json")).stderr).toBe("1 job, no problems\n");
  });
});

describe("a secret that only a called job names", () => {
  test("is missed for the job that calls it", async () => {
    const terminal = createTerminal();
    addMachine(terminal.fleet, "db-1", 1);
    addJob(terminal.fleet, "caller", calls("called"));
    addJob(terminal.fleet, "called", { enabled: false, url: "{{BASE_URL}}/x" });
    expect((await terminal.run("job", "list")).stderr).toContain(
      '"caller" names the secret BASE_URL, which db-1 lacks',
    );
    expect((await terminal.run("job", "show", "caller")).stdout).toContain("BASE_URL  lacking on db-1");
  });
});
