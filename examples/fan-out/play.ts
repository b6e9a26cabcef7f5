import type { Example } from "../stage/example.ts";
import { readJobFile } from "../stage/job-files.ts";
import { type Report, same } from "../stage/report.ts";
import type { RunView } from "../stage/run-view.ts";
import type { StandIn } from "../stage/stand-in.ts";
import { ACTIVE_SITES, BROKEN_SITE, createInventory } from "./inventory.ts";

/** As often as the job sends for a site that does not work: one attempt and one retry. */
const BROKEN_PURGES = 2;
const CONCURRENCY = 3;

export const example: Example = {
  name: "fan-out",
  about: "lists sites, refreshes them three at a time; one fails, the others do not mind, a summary is posted",
  options: {},
  async play(stage) {
    const inventory = createInventory();
    const standIn = await stage.openStandIn(inventory.respond);
    const fleet = await stage.startFleet({ agents: 1, secrets: () => ({ INVENTORY_URL: standIn.url }) });
    await fleet.apply([await readJobFile("fan-out/job.json")]);
    stage.say(`Running "refresh-sites" over ${ACTIVE_SITES.length} sites, of which ${BROKEN_SITE} does not work.`);
    const run = await fleet.run("refresh-sites");
    return report(run, standIn, inventory.mostAtOnce());
  },
};

function report(run: RunView, standIn: StandIn, mostAtOnce: number): Report {
  const count = (method: string, site: string, what: string) =>
    standIn.to(method, `/sites/${encodeURIComponent(site)}/${what}`).length;
  const rows = ACTIVE_SITES.map((site) => ({
    site,
    purges: count("POST", site, "purge"),
    visits: count("GET", site, "home"),
    flags: count("PUT", site, "flag"),
  }));
  const working = rows.filter((it) => it.site !== BROKEN_SITE);
  const [summary] = standIn.to("POST", "/summaries").map((it) => JSON.parse(it.body) as unknown);
  return {
    title: `Run ${run.id}: ${run.status}`,
    head: ["SITE", "PURGES", "VISITS", "FLAGS"],
    rows: rows.map(({ site, purges, visits, flags }) => [site, String(purges), String(visits), String(flags)]),
    checks: [
      same("the run is ok, though an item failed: the job says so", run.status, "ok"),
      same(
        `${BROKEN_SITE} was tried twice, never visited, and flagged`,
        rows.find((it) => it.site === BROKEN_SITE),
        { site: BROKEN_SITE, purges: BROKEN_PURGES, visits: 0, flags: 1 },
      ),
      same(
        "every other site was purged and visited once, whatever its name",
        working,
        working.map(({ site }) => ({ site, purges: 1, visits: 1, flags: 0 })),
      ),
      same(`${CONCURRENCY} sites at a time, and no more`, mostAtOnce, CONCURRENCY),
      same("the summary was posted, its numbers as numbers", summary, {
        run: run.id,
        sites: ACTIVE_SITES,
        total: ACTIVE_SITES.length,
        ok: ACTIVE_SITES.length - 1,
        failed: 1,
      }),
    ],
  };
}
