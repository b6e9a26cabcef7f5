import { Decimal128, Double, Int32, Long } from "mongodb";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startOwnMongod } from "../support/own-mongod.ts";
import { type Arrival, arrivedTwice } from "../support/target.ts";
import { type Fleet, HANDED_ON_MS_MAX, LONGER_THAN_TTL_MS, openFleet, type RunRow, strayWords } from "./fleet.ts";

const MINUTE_MS = 60_000;
/** What documents need to be read before their minute, with time to spare on a slow machine. */
const READ_MS_MAX = 8_000;
const TEST_MS_MAX = 180_000;
/** An occurrence is sent this soon after its minute, also when much else is going on. */
const PUNCTUAL_MS_MAX = 3_000;
/** 45 minutes off the hour, so that nothing is right by accident. */
const ZONE = "Asia/Kathmandu";

/** The next minute that everything inserted now is read before. */
async function comingMinute(): Promise<Date> {
  await eventually("minute with time before it", MINUTE_MS, () =>
    MINUTE_MS - (Date.now() % MINUTE_MS) > READ_MS_MAX ? true : undefined,
  );
  return new Date((Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS);
}

async function untilTime(at: number): Promise<void> {
  await eventually(`the time ${new Date(at).toISOString()}`, 2 * MINUTE_MS, () =>
    Date.now() >= at ? true : undefined,
  );
}

function wallTime(at: Date): { readonly hour: number; readonly minute: number } {
  const parts = new Intl.DateTimeFormat("en", { timeZone: ZONE, hour: "numeric", minute: "numeric", hourCycle: "h23" });
  const part = (type: string) => Number(parts.formatToParts(at).find((it) => it.type === type)?.value);
  return { hour: part("hour"), minute: part("minute") };
}

/** The records of a minute once there are as many and each has come to its end. */
function recordsOf({ db }: Fleet, minute: Date, count: number, deadlineMs: number): Promise<readonly RunRow[]> {
  return eventually(`${count} ended runs of ${minute.toISOString()}`, deadlineMs, async () => {
    const found = await db.collection<RunRow>("job_runs").find({ scheduled_for: minute }).toArray();
    const isOver = found.every((it) => it.status !== "running" && it.status !== "waiting");
    return found.length >= count && isOver ? found : undefined;
  });
}

describe.concurrent("at the minute", { timeout: TEST_MS_MAX }, () => {
  test("documents of the original run as they are, and wrong ones beside them are named and stop nothing", async (context) => {
    const fleet = await openFleet(context, { config: { tz: ZONE, secrets: { KEY: "se cret/ü", NUMBER: 4711 } } });
    const [agent] = await fleet.startAgents(1);
    const { target, db } = fleet;
    const at = await comingMinute();
    const { hour, minute } = wallTime(at);
    const [otherHour, otherMinute] = [(hour + 5) % 24, (minute + 7) % 60];
    const url = (path: string) => `${target.url}/${path}`;
    const due = { hour, minute };
    const post = (path: string, body: unknown) => ({ ...due, method: "POST", url: url(path), body });

    const good: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      int32: { hour: new Int32(hour), minute: new Int32(minute), url: url("int32") },
      double: { hour: new Double(hour), minute: new Double(minute), url: url("double") },
      long: { hour: Long.fromNumber(hour), minute: Long.fromNumber(minute), url: url("long") },
      decimal: {
        hour: Decimal128.fromString(`${hour}`),
        minute: Decimal128.fromString(`${minute}`),
        url: url("decimal"),
      },
      text: { hour: `${hour}`, minute: `${minute}`, method: "get", url: url("text") },
      "every-hour": { hour: null, minute, url: url("every-hour") },
      "hour-left-out": { minute, url: url("hour-left-out") },
      "number-id": { _id: 7, ...due, url: url("number-id") },
      "text-id": { _id: "night|ly", ...due, url: url("text-id") },
      schedules: {
        hour: otherHour,
        minute: otherMinute,
        schedules: [due, { hour: otherHour, minute }, { hour: new Double(hour), minute: `${minute}` }],
        url: url("schedules"),
      },
      inline: {
        ...due,
        actions: [],
        method: "POST",
        url: `${url("inline")}?fixed=1`,
        headers: { "X-Key": "{{NUMBER}}" },
        params: {
          list: ["a b", "ü&=", 3],
          none: null,
          yes: true,
          key: "{{KEY}}",
          big: Long.fromString("9007199254740993"),
        },
        body: { list: [{ deep: "<{{KEY}}>", "{{KEY}}": "{{NUMBER}}" }], none: null },
        timeout_sec: 5,
        retry: { retries: 0, delay_sec: 1, backoff: 2 },
      },
      numbers: post("numbers", {
        big: Long.fromString("9007199254740993"),
        biggest: Long.MAX_VALUE,
        price: Decimal128.fromString("0.10"),
        small: new Int32(-7),
        half: new Double(0.5),
      }),
      "text-body": post("text-body", 'plain "{{KEY}}"\n'),
      "list-body": post("list-body", ["{{KEY}}", 1, [true, null]]),
      "get-body": { ...due, method: "GET", url: url("get-body"), body: { not: "sent" } },
      when: {
        ...due,
        actions: [
          { type: "http", url: url("when-not"), when: { hour_in: [otherHour] } },
          { type: "http", url: url("when"), when: { hour_in: [new Double(hour)], minute_in: [minute] } },
        ],
      },
      chain: {
        ...due,
        actions: [
          { type: "http", url: url("chain-fails"), retry: { retries: 0 }, continue_on_failure: true },
          { type: "http", url: url("chain-retried"), retry: { retries: 1, delay_sec: 0, backoff: 1 } },
        ],
      },
    };
    const wrong: Readonly<Record<string, readonly [Readonly<Record<string, unknown>>, string]>> = {
      "wrong-zone": [{ ...due, tz: "Asia/Katmandoo" }, "/tz"],
      "minute-five": [{ hour, minute: "five" }, "/minute"],
      "minute-null": [{ hour, minute: null }, "/minute"],
      "minute-nan": [{ hour, minute: new Double(Number.NaN) }, "/minute"],
      enabeld: [{ ...due, enabeld: true }, "/enabeld"],
      "enabled-one": [{ ...due, enabled: 1 }, "/enabled"],
      "actions-and-url": [{ ...due, actions: [{ type: "http", url: url("wrong") }] }, "/url"],
      "six-fields": [{ schedule: "0 * * * * *" }, "/schedule"],
      "february-31": [{ schedule: "0 0 31 2 *" }, "/schedule"],
      "unknown-action": [{ ...due, url: undefined, actions: [{ type: "shell" }] }, "/actions/0/type"],
    };
    target.on("/chain-fails", () => ({ status: 304 }));
    target.on("/chain-retried", (_arrival, nth) => ({ status: nth === 1 ? 500 : 204 }));
    const named = (name: string, document: Readonly<Record<string, unknown>>) => ({ name, enabled: true, ...document });
    await db
      .collection("jobs")
      .insertMany(
        [
          ...Object.entries(good).map(([name, document]) => named(name, document)),
          ...Object.entries(wrong).map(([name, [document]]) => named(name, { url: url("wrong"), ...document })),
          { name: "not-enabled", ...due, url: url("not-enabled") },
        ] as never[],
        { ignoreUndefined: true },
      );

    const records = await recordsOf(fleet, at, Object.keys(good).length, 2 * MINUTE_MS);
    expect(records.map((it) => `${it["job_name"]}: ${it.status}`).toSorted()).toEqual(
      Object.keys(good)
        .map((name) => `${name}: ok`)
        .toSorted(),
    );
    const sent = (path: string): Arrival => {
      const [only, ...more] = target.at(`/${path}`);
      if (only === undefined || more.length > 0) throw new Error(`${path} was sent ${more.length + 1} times or never`);
      return only;
    };
    const once = Object.keys(good).filter((it) => it !== "chain");
    for (const path of once) expect(sent(path).at - at.getTime()).toBeLessThan(PUNCTUAL_MS_MAX);
    expect(Math.min(...target.arrivals.map((it) => it.at))).toBeGreaterThanOrEqual(at.getTime());
    expect([target.at("/chain-fails").length, target.at("/chain-retried").length]).toEqual([1, 2]);
    const unexpected = ["wrong", "not-enabled", "when-not"].flatMap((path) => target.at(`/${path}`));
    expect(unexpected).toEqual([]);

    const inline = sent("inline");
    expect(inline.query).toBe(
      "fixed=1&list=a+b&list=%C3%BC%26%3D&list=3&yes=true&key=se+cret%2F%C3%BC&big=9007199254740993",
    );
    expect(inline.headers).toMatchObject({ "x-key": "4711", "content-type": "application/json" });
    expect(inline.body).toBe('{"list":[{"deep":"<se cret/ü>","{{KEY}}":"4711"}],"none":null}');
    expect(sent("numbers").body).toBe(
      '{"big":9007199254740993,"biggest":9223372036854775807,"price":0.10,"small":-7,"half":0.5}',
    );
    expect([sent("text-body").body, sent("text-body").headers["content-type"]]).toEqual([
      'plain "se cret/ü"\n',
      undefined,
    ]);
    expect(sent("list-body").body).toBe('["se cret/ü",1,[true,null]]');
    expect([sent("get-body").body, sent("text").method]).toEqual(["", "GET"]);
    const whenRun = records.find((it) => it["job_name"] === "when");
    expect(whenRun?.steps?.map((it) => it.status)).toEqual(["skipped_when", "ok"]);
    expect(sent("int32").headers["x-fleetcron-scheduled-for"]).toBe(at.toISOString().replace(".000Z", "Z"));

    const list = await fleet.cli("job", "list", "--output", "json");
    const validate = await fleet.cli("job", "validate", "--output", "json");
    expect([list.exitCode, validate.exitCode]).toEqual([0, 8]);
    const rows = JSON.parse(list.stdout) as { name: string; standing: string; problems: { path: string }[] }[];
    const found = JSON.parse(validate.stdout) as { name: string; severity: string; path: string; message: string }[];
    const errors = found.filter((it) => it.severity === "error");
    for (const [name, [, pointer]] of Object.entries(wrong)) {
      const row = rows.find((it) => it.name === name);
      expect([name, row?.standing, row?.problems.map((it) => it.path)]).toEqual([
        name,
        "invalid",
        expect.arrayContaining([pointer]),
      ]);
      expect(errors.filter((it) => it.name === name).map((it) => it.path)).toContain(pointer);
      const said = agent?.lines.filter((it) => it.event === "job_invalid" && it["job"] === name) ?? [];
      expect([name, said.length, String(said[0]?.["problems"])]).toEqual([name, 1, expect.stringContaining(pointer)]);
    }
    expect(new Set(errors.map((it) => it.name))).toEqual(new Set(Object.keys(wrong)));
    expect(errors.find((it) => it.name === "enabeld")?.message).toContain("enabled");
    expect((await fleet.cli("job", "validate", "int32")).exitCode).toBe(0);
    expect(agent && strayWords(agent)).toEqual([]);
  });

  test("a job for all machines runs once on each of them, and one for the fleet once", async (context) => {
    const fleet = await openFleet(context);
    const agents = await fleet.startAgents(2);
    const { target } = fleet;
    const at = await comingMinute();
    const job = (name: string) => ({
      name,
      minute: at.getUTCMinutes(),
      url: `${target.url}/${name}`,
      headers: { "x-machine": "{{machine.id}}" },
    });
    await fleet.putJob({ ...job("everywhere"), run_on: "all" });
    await fleet.putJob(job("somewhere"));
    const records = await recordsOf(fleet, at, 3, 2 * MINUTE_MS);
    const machines = new Set(agents.map((it) => it.machineId));
    const everywhere = records.filter((it) => it["job_name"] === "everywhere");
    expect(everywhere.length).toBe(2);
    expect(new Set(everywhere.map((it) => it["scope"]))).toEqual(machines);
    for (const run of everywhere) expect(run).toMatchObject({ status: "ok", claimed_by: run["scope"] });
    expect(target.at("/everywhere").length).toBe(2);
    expect(new Set(target.at("/everywhere").map((it) => it.headers["x-machine"]))).toEqual(machines);
    expect(target.at("/somewhere").length).toBe(1);
  });

  test("that the leader does not live to see, every job still runs once, by another and in time", async (context) => {
    const jobs = Array.from({ length: 20 }, (_, index) => `job-${index + 1}`);
    const fleet = await openFleet(context);
    const agents = await fleet.startAgents(3);
    const { target } = fleet;
    const at = await comingMinute();
    for (const name of jobs) await fleet.putJob({ name, schedule: "* * * * *", url: `${target.url}/${name}` });
    await eventually("plan of every job", READ_MS_MAX, async () => {
      const planned = await fleet.db.collection("job_state").countDocuments({ schedule: { $type: "string" } });
      return planned === jobs.length ? true : undefined;
    });
    const leader = await fleet.leaderOf(agents);
    await untilTime(at.getTime() - 1_000);
    leader.signal("SIGKILL");
    const killedAt = Date.now();
    expect(killedAt).toBeLessThan(at.getTime());

    const records = await recordsOf(fleet, at, jobs.length, MINUTE_MS / 2);
    expect(records.length).toBe(jobs.length);
    expect(new Set(records.map((it) => it["job_name"]))).toEqual(new Set(jobs));
    const ofMinute = target.arrivals.filter((it) => records.some((run) => run._id === it.run));
    expect(ofMinute.length).toBe(jobs.length);
    for (const run of records) {
      expect(run.status).toBe("ok");
      expect(run.claimed_by).not.toBe(leader.machineId);
    }
    for (const arrival of ofMinute) expect(arrival.at - killedAt).toBeLessThan(HANDED_ON_MS_MAX);
    expect(arrivedTwice(target.arrivals)).toEqual([]);
    expect(agents.flatMap(strayWords)).toEqual([]);
  });

  test("that falls into an outage of MongoDB, a job runs once when it is over", async (context) => {
    const mongod = await startOwnMongod(context);
    const fleet = await openFleet(context, { database: mongod.database });
    const agents = await fleet.startAgents(2);
    const { target } = fleet;
    const id = await fleet.putJob({ name: "minutely", schedule: "* * * * *", url: `${target.url}/minutely` });
    await eventually("plan of the job", 3 * READ_MS_MAX, async () => {
      const state = await fleet.db.collection("job_state").findOne({ name: "minutely", schedule: { $type: "string" } });
      return state ?? undefined;
    });
    const at = await comingMinute();
    await untilTime(at.getTime() - 2_000);
    mongod.signal("SIGSTOP");
    const before = target.arrivals.length;
    await untilTime(at.getTime() + LONGER_THAN_TTL_MS);
    expect(target.arrivals.slice(before)).toEqual([]);
    mongod.signal("SIGCONT");

    const [run, ...more] = await recordsOf(fleet, at, 1, MINUTE_MS / 2);
    expect(more).toEqual([]);
    expect(run).toMatchObject({ job_id: id.toHexString(), status: "ok", takeovers: 0 });
    expect(target.arrivals.filter((it) => it.run === run?._id).length).toBe(1);
    expect(arrivedTwice(target.arrivals)).toEqual([]);
    for (const agent of agents) await agent.untilLogged("recovered");
    expect(agents.flatMap((it) => it.lines).filter((it) => it.event === "session_over")).toEqual([]);
  });
});
