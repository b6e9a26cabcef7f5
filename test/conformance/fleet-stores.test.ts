import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { leaseTiming } from "../../src/model/member.ts";
import type { MachineReport } from "../../src/ports/machine-store.ts";
import type { FleetStores } from "../../src/ports/fleet-stores.ts";
import { machine, serial, session, TRAITS } from "./samples.ts";
import { WORLDS, type World } from "./worlds.ts";

describe.each(WORLDS)("in $name", ({ open }) => {
  let world: World;
  let stores: FleetStores;

  beforeEach(async () => {
    world = await open();
    stores = world.agent();
  });
  afterEach(() => world.close());

  const member = (name: string, number: number) => ({
    serial: serial(number),
    session: session(name),
    machineId: machine(name).machineId,
    hostname: machine(name).hostname,
    ...TRAITS,
  });

  describe("the leadership", () => {
    test("is nobody's at first, and moves once from what was read", async () => {
      const { leader: nobody, view } = await stores.leaders.read();
      expect(nobody).toEqual({ session: null, serial: null, machineId: null, term: 0 });
      expect(view.members).toEqual([]);
      const moved = await Promise.all(
        ["a", "b", "c"].map((it, index) => stores.leaders.move(nobody, member(it, index + 1))),
      );
      expect(moved.filter((it) => it !== undefined)).toHaveLength(1);
      const { leader } = await stores.leaders.read();
      expect(leader.term).toBe(1);
      expect(moved).toContainEqual(leader);
    });

    test("does not move from a session or term that no longer leads", async () => {
      const { leader: nobody } = await stores.leaders.read();
      const first = await stores.leaders.move(nobody, member("a", 1));
      if (first === undefined) throw new Error("nobody else is here");
      const second = await stores.leaders.move(first, member("b", 2));
      expect(second).toMatchObject({ session: "b", term: 2 });
      expect(await stores.leaders.move(first, member("c", 3))).toBeUndefined();
      expect(await stores.leaders.move({ ...first, term: 2 }, member("c", 3))).toBeUndefined();
      expect((await stores.leaders.read()).leader).toEqual(second);
    });

    test("does not move from an earlier term of the session that leads again", async () => {
      const { leader: nobody } = await stores.leaders.read();
      const first = await stores.leaders.move(nobody, member("a", 1));
      const second = first && (await stores.leaders.move(first, member("b", 2)));
      const third = second && (await stores.leaders.move(second, member("a", 1)));
      if (first === undefined || third === undefined) throw new Error("nobody else is here");
      expect(await stores.leaders.move(first, member("c", 3))).toBeUndefined();
      expect((await stores.leaders.read()).leader).toEqual(third);
    });

    test("answers the same to a move that is repeated", async () => {
      const { leader: nobody } = await stores.leaders.read();
      const moved = await stores.leaders.move(nobody, member("a", 1));
      expect(await stores.leaders.move(nobody, member("a", 1))).toEqual(moved);
    });

    test("reads of a view that is known no more than its news", async () => {
      const { leader: nobody, view: none } = await stores.leaders.read();
      expect((await stores.leaders.read(none)).view).toBe(none);
      await stores.leaders.move(nobody, member("a", 1));
      await stores.leaders.publish(1, [member("a", 1)]);
      const { view } = await stores.leaders.read(none);
      expect(view.members).toEqual([member("a", 1)]);
      expect((await stores.leaders.read(view)).view).toBe(view);
      await stores.leaders.publish(1, []);
      const { view: empty } = await stores.leaders.read(view);
      expect(empty).toEqual({ version: view.version + 1, members: [] });
    });

    test("publishes a view under its own term alone, and numbers its changes", async () => {
      const { leader: nobody } = await stores.leaders.read();
      const first = await stores.leaders.move(nobody, member("$a", 1));
      expect(await stores.leaders.publish(1, [member("$a", 1)])).toBe(true);
      const { view } = await stores.leaders.read();
      expect(view.members).toEqual([member("$a", 1)]);
      expect(await stores.leaders.publish(1, [member("$a", 1)])).toBe(true);
      expect((await stores.leaders.read()).view.version).toBe(view.version);
      expect(await stores.leaders.publish(1, [])).toBe(true);
      expect((await stores.leaders.read()).view.version).toBeGreaterThan(view.version);
      if (first !== undefined) await stores.leaders.move(first, member("b", 2));
      expect(await stores.leaders.publish(1, [member("$a", 1)])).toBe(false);
      expect(await stores.leaders.publish(2, [member("b", 2)])).toBe(true);
    });
  });

  test("the view says of each member what jobs choose machines by", async () => {
    const { leader: nobody } = await stores.leaders.read();
    await stores.leaders.move(nobody, member("a", 1));
    const members = [
      { ...member("a", 1), labels: { "a.b": "$$NOW", $x: "" } },
      { ...member("b", 2), labels: {}, isDraining: true },
    ];
    await stores.leaders.publish(1, members);
    const { view } = await stores.leaders.read();
    expect(view.members).toEqual(members);
    await stores.leaders.publish(1, [members[0] ?? member("a", 1), { ...member("b", 2), labels: {} }]);
    expect((await stores.leaders.read()).view.version).toBeGreaterThan(view.version);
  });

  describe("the settings of the fleet", () => {
    test("are those of whoever comes first", async () => {
      expect(await stores.settings.read()).toBeUndefined();
      const wishes = [10, 20, 30].map((maxSerial) => ({
        zone: "Asia/Seoul",
        maxSerial,
        lease: leaseTiming(300, 1_500, 400),
      }));
      const answers = await Promise.all(wishes.map((it) => stores.settings.readOrCreate(it)));
      expect(new Set(answers.map((it) => it.maxSerial)).size).toBe(1);
      expect(await stores.settings.read()).toEqual(answers[0]);
      expect(wishes).toContainEqual(answers[0]);
    });
  });

  describe("the machines", () => {
    const report = (name: string, changes: Partial<MachineReport> = {}): MachineReport => ({
      identity: machine(name),
      version: "1.0.0",
      tzdata: "2026b",
      labels: { site: "seoul" },
      secretNames: ["API_KEY"],
      session: session("s"),
      serial: serial(1),
      state: "active",
      clockOffsetMs: -3,
      running: 0,
      memoryBytes: 1,
      ...changes,
    });

    test("keep the time at which they joined", async () => {
      const first = await stores.machines.report(report("a"));
      const second = await stores.machines.report(report("a", { running: 2 }));
      expect(second.joinedAt).toBe(first.joinedAt);
      const [record] = await stores.machines.readAll();
      expect(record).toMatchObject({ machineId: "a", hostname: "a.example", running: 2, joinedAt: first.joinedAt });
      expect(record?.lastSeen).toBeGreaterThanOrEqual(first.joinedAt);
    });

    test("are known by id and hostname", async () => {
      await stores.machines.report(report("a"));
      expect(await stores.machines.known(["a", "a.example", "b"])).toEqual(new Set(["a", "a.example"]));
    });

    test("say their labels as they are, also odd ones, and forget those that are gone", async () => {
      await stores.machines.report(report("a", { labels: { "a.b": "$$NOW", $x: "y" } }));
      expect((await stores.machines.readAll())[0]?.labels).toEqual({ "a.b": "$$NOW", $x: "y" });
      await stores.machines.report(report("a", { labels: {} }));
      expect((await stores.machines.readAll())[0]?.labels).toEqual({});
    });
  });
});
