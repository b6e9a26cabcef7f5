import type { Example } from "../stage/example.ts";
import { readJobFile, withShorterTimes } from "../stage/job-files.ts";
import { same } from "../stage/report.ts";
import { createTown } from "./town.ts";

const MACHINES = 3;

/** Checks of this trial have ended before the verdict begins. */
const SHORTER = [{ field: "seconds", from: 20, to: 0.1 }];

/** What happens one after the other: which machines can't reach the shop, and how often the board is judged. */
const SCENES = [
  { name: "all see it up", cutOff: [], verdicts: 1 },
  { name: "one is cut off", cutOff: [2], verdicts: 1 },
  { name: "two are cut off", cutOff: [2, 3], verdicts: 2 },
  { name: "all see it up again", cutOff: [], verdicts: 1 },
];

export const example: Example = {
  name: "health-quorum",
  about:
    "three machines check a shop; one that can't reach it is no alarm, two are one alarm, and one word when it is back",
  options: {},
  async play(stage) {
    const town = createTown();
    const standIn = await stage.openStandIn(town.respond);
    const fleet = await stage.startFleet({
      agents: MACHINES,
      // Each machine has a network of its own to the shop; one of them may break.
      secrets: (nth) => ({
        SHOP_URL: `${standIn.url}/way/${nth}`,
        BOARD_URL: standIn.url,
        PAGER_URL: standIn.url,
      }),
    });
    await fleet.apply([
      await readJobFile("health-quorum/check.json"),
      withShorterTimes(await readJobFile("health-quorum/verdict.json"), SHORTER),
    ]);

    const rows: Row[] = [];
    for (const { name, cutOff, verdicts } of SCENES) {
      town.cutOff(cutOff);
      const before = town.pages.length;
      await fleet.runOnAll("shop-check");
      const results: string[] = [];
      for (let nth = 0; nth < verdicts; nth++) results.push((await fleet.run("shop-verdict")).status);
      const pages = town.pages.slice(before).map((it) => `${it.service} ${it.state}`);
      rows.push({ name, seen: town.results(), verdicts: results, pages });
      stage.say(`${name}: the pager ${pages.length === 0 ? "is silent" : `says "${pages.join('", "')}"`}.`);
    }
    return {
      title: "What the board held and what the pager was told",
      head: ["SCENE", "CHECKS", "VERDICTS", "PAGES"],
      rows: rows.map((it) => [it.name, it.seen.join(" "), it.verdicts.join(" "), it.pages.join(", ") || "-"]),
      checks: [
        same(
          "every machine checked by itself",
          rows.map((it) => it.seen),
          SCENES.map(({ cutOff }) => [...cutOff.map(() => "error"), ...Array(MACHINES - cutOff.length).fill("ok")]),
        ),
        same(
          "every verdict was reached",
          rows.map((it) => it.verdicts),
          SCENES.map((it) => Array(it.verdicts).fill("ok")),
        ),
        same(
          "one machine is no alarm, two are one alarm, and the end of it is told once",
          rows.map((it) => it.pages),
          [[], [], ["shop down"], ["shop up"]],
        ),
      ],
    };
  },
};

interface Row {
  readonly name: string;
  readonly seen: readonly string[];
  readonly verdicts: readonly string[];
  readonly pages: readonly string[];
}
