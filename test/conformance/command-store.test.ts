import { Int32, ObjectId } from "mongodb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FleetStores } from "../../src/ports/fleet-stores.ts";
import type { MachineId } from "../../src/model/machine.ts";
import type { Acknowledgement } from "../../src/ports/command-store.ts";
import { WORLDS, type World } from "./worlds.ts";

const SEEN = { status: "seen", reason: undefined } as const;
const OK = { status: "ok", result: "done", machineId: "machine-1" } as const;
const MACHINE = "machine-1" as MachineId;

describe.each(WORLDS)("commands in $name", ({ open }) => {
  let world: World;
  let stores: FleetStores;

  beforeEach(async () => {
    world = await open();
    stores = world.agent();
  });
  afterEach(() => world.close());

  async function see(command: string) {
    const { now, sights } = await stores.commands.see([{ command, ...SEEN }]);
    return { now, sight: sights[0] };
  }
  async function acknowledge(command: string, key: string, ack: Omit<Acknowledgement, "command" | "key"> = OK) {
    return (await stores.commands.acknowledge([{ command, key, ...ack }]))[0];
  }
  const answered = (commands: readonly string[], key: string) =>
    stores.commands.answered(commands.map((command) => ({ command, key })));

  test("are read oldest first, without those that are known, whatever they look like", async () => {
    const ids = ["000000000000000000000001", "000000000000000000000002", "000000000000000000000003"];
    for (const id of ids)
      await world.putCommand({ _id: new ObjectId(id), type: "ping", target: "all", created_at: "yesterday" });
    const page = await stores.commands.readUnknown(new Set(), 2);
    expect(page.map((it) => [it.id, it.type])).toEqual([
      [ids[0], "ping"],
      [ids[1], "ping"],
    ]);
    expect((await stores.commands.readUnknown(new Set(ids.slice(0, 2)), 2)).map((it) => it.id)).toEqual([ids[2]]);
    await world.putCommand({ _id: new Int32(7), type: 5 });
    const [odd] = await stores.commands.readUnknown(new Set(ids), 10);
    expect(odd).toMatchObject({ id: '{"$numberInt":"7"}', type: "", parsed: { ok: true, value: { type: 5 } } });
  });

  test("are told apart when their ids read the same, and each has its own answers", async () => {
    const hex = "65f0c0ffee65f0c0ffee65f0";
    const ids = [true, "true", '"true"', null, "null", new Int32(7), '{"$numberInt":"7"}', new ObjectId(hex), hex];
    for (const _id of ids) await world.putCommand({ _id, type: "ping" });
    const read = (await stores.commands.readUnknown(new Set(), 20)).map((it) => it.id);
    expect(new Set(read).size).toBe(ids.length);
    expect(read).toContain(hex);
    const [first = "", ...others] = read;
    expect(await acknowledge(first, "leader")).toBe("stored");
    expect(await answered(read, "leader")).toEqual(new Set([first]));
    expect(await stores.commands.readUnknown(new Set(others), 20)).toMatchObject([{ id: first }]);
  });

  test("are left out by no page, also those that come while pages are read", async () => {
    const known = new Set<string>();
    const readPage = async () => {
      const ids = (await stores.commands.readUnknown(known, 3)).map((it) => it.id);
      for (const id of ids) {
        expect(known).not.toContain(id);
        known.add(id);
      }
      return ids.length;
    };
    const put = (...ids: string[]) => Promise.all(ids.map((_id) => world.putCommand({ _id, type: "ping" })));
    await put("c", "d", "e", "f", "g", "h", "i", "j");
    expect(await readPage()).toBe(3);
    await put("a", "z");
    while ((await readPage()) === 3);
    expect([...known].toSorted()).toEqual(["a", "c", "d", "e", "f", "g", "h", "i", "j", "z"]);
  });

  test("are read again by whoever does not know the page before", async () => {
    for (const id of ["a", "b", "c", "d", "e"]) await world.putCommand({ _id: id, type: "ping" });
    const read = async (...known: string[]) =>
      (await stores.commands.readUnknown(new Set(known), 2)).map((it) => it.id);
    expect(await read()).toEqual(["a", "b"]);
    expect(await read("b")).toEqual(["a", "c"]);
    expect(await read("a", "b", "c")).toEqual(["d", "e"]);
    expect(await read()).toEqual(["a", "b"]);
  });

  test("keep the time and the verdict of their first sight", async () => {
    const first = await see("$c");
    expect(first.sight?.status).toBe("seen");
    expect(first.now).toBeGreaterThanOrEqual(first.sight?.at ?? Number.NaN);
    const second = await world.agent().commands.see([{ command: "$c", status: "rejected", reason: "unknown target" }]);
    expect(second.sights).toEqual([{ ...first.sight, isFirst: false }]);
    expect(first.sight?.isFirst).toBe(true);
  });

  test("have one first sight however many look at once", async () => {
    const looks = await Promise.all(
      Array.from({ length: 10 }, () => stores.commands.see(["c", "d"].map((command) => ({ command, ...SEEN })))),
    );
    for (const index of [0, 1]) {
      const sights = looks.flatMap((it) => it.sights[index] ?? []);
      expect(new Set(sights.map((it) => it.at)).size).toBe(1);
      expect(sights.filter((it) => it.isFirst)).toHaveLength(1);
    }
  });

  test("are seen many at a time, those that are seen already among them, each with its own verdict", async () => {
    await see("b");
    const { sights } = await stores.commands.see([
      { command: "a", status: "rejected", reason: "no such type" },
      { command: "b", status: "rejected", reason: "too late" },
      { command: "c", ...SEEN },
    ]);
    expect(sights.map((it) => [it.status, it.isFirst])).toEqual([
      ["rejected", true],
      ["seen", false],
      ["seen", true],
    ]);
  });

  test("are acknowledged once under a key", async () => {
    const answers = ["machine-1", "machine-2", "machine-3"].map((machineId) => ({ ...OK, machineId }));
    const outcomes = await Promise.all(answers.map((it) => acknowledge("c", "leader", it)));
    expect(outcomes.filter((it) => it === "stored")).toHaveLength(1);
    expect(await acknowledge("c", "machine-1")).toBe("stored");
    expect(await answered(["c", "d"], "leader")).toEqual(new Set(["c"]));
    expect(await answered(["c"], "serial:3")).toEqual(new Set());
  });

  test("are acknowledged many at a time, and each is told apart from those that were before", async () => {
    await acknowledge("b", "leader", { ...OK, machineId: "machine-2" });
    const acks = ["a", "b", "c"].map((command) => ({ command, key: "leader", ...OK }));
    expect(await stores.commands.acknowledge(acks)).toEqual(["stored", "exists", "stored"]);
    expect(await stores.commands.acknowledge(acks)).toEqual(["stored", "exists", "stored"]);
    const asked = [
      { command: "a", key: "leader" },
      { command: "b", key: "machine-1" },
    ];
    expect(await stores.commands.answered(asked)).toEqual(new Set(["a"]));
  });

  test("acknowledged again in the same words count as acknowledged", async () => {
    expect(await acknowledge("c", "leader")).toBe("stored");
    expect(await acknowledge("c", "leader")).toBe("stored");
    expect(await acknowledge("c", "leader", { ...OK, result: "not done" })).toBe("exists");
  });

  test("are settled for a machine that answered, for all when one answers or nobody may act, and for no other", async () => {
    await acknowledge("mine", MACHINE);
    await acknowledge("of-another", "machine-2", { ...OK, machineId: "machine-2" });
    await acknowledge("led", "leader", { ...OK, machineId: "machine-2" });
    await acknowledge("serial", "serial:3", { ...OK, machineId: "machine-2" });
    await see("open");
    await stores.commands.see([{ command: "wrong", status: "rejected", reason: "no such type" }]);
    expect([...(await stores.commands.readSettled(MACHINE))].toSorted()).toEqual(["led", "mine", "serial", "wrong"]);
  });

  test("are removed when they were seen long ago, and their answers stay", async () => {
    await world.putCommand({ _id: "old", type: "ping" });
    await world.putCommand({ _id: "unseen", type: "ping" });
    await see("old");
    await acknowledge("old", "leader");
    expect(await stores.commands.removeSeenBefore(60_000)).toBe(0);
    expect(await stores.commands.removeSeenBefore(0)).toBe(1);
    expect((await stores.commands.readUnknown(new Set(), 10)).map((it) => it.id)).toEqual(["unseen"]);
    expect(await answered(["old"], "leader")).toEqual(new Set(["old"]));
  });
});
