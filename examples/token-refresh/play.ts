import type { Example } from "../stage/example.ts";
import { readJobFile } from "../stage/job-files.ts";
import { same } from "../stage/report.ts";
import { type RunView, stepOf } from "../stage/run-view.ts";
import { CLIENT, createShop } from "./shop.ts";

export const example: Example = {
  name: "token-refresh",
  about: "an OAuth 2 token is fetched once and kept; when it is refused it is fetched again and the request repeated",
  options: {},
  async play(stage) {
    const shop = createShop();
    const standIn = await stage.openStandIn(shop.respond);
    const secrets = {
      SHOP_URL: standIn.url,
      LOGIN_URL: standIn.url,
      CLIENT_ID: CLIENT.id,
      CLIENT_SECRET: CLIENT.secret,
    };
    const fleet = await stage.startFleet({ agents: 1, secrets: () => secrets });
    await fleet.apply([await readJobFile("token-refresh/job.json")]);

    const rows: Row[] = [];
    const play = async (when: string): Promise<void> => {
      const before = standIn.arrivals.length;
      const run = await fleet.run("sync-orders");
      const came = standIn.arrivals.slice(before);
      const tokens = came.filter((it) => it.path === "/oauth/token").length;
      const refused = came.filter((it) => it.status === 401).length;
      const row = { when, run, tokens, refused };
      rows.push(row);
      stage.say(`${when}: ${run.status}; tokens fetched: ${tokens}, requests refused: ${refused}.`);
    };
    await play("first run");
    await play("second run");
    shop.revokeTokens();
    await play("after the token was revoked");

    return {
      title: 'What became of the runs of "sync-orders"',
      head: ["RUN", "RESULT", "TOKENS FETCHED", "REFUSED"],
      rows: rows.map(({ when, run, tokens, refused }) => [when, run.status, String(tokens), String(refused)]),
      checks: [
        same(
          "every run is ok",
          rows.map((it) => it.run.status),
          ["ok", "ok", "ok"],
        ),
        same(
          "a token is fetched at first and after a refusal, and kept else",
          rows.map((it) => it.tokens),
          [1, 0, 1],
        ),
        same(
          "the revoked token is refused once",
          rows.map((it) => it.refused),
          [0, 0, 1],
        ),
        same(
          "the refused request was its step's first attempt, the good one its second",
          rows.map((it) => stepOf(it.run, "orders").attempts),
          [1, 1, 2],
        ),
        same("no record holds the token", JSON.stringify(rows).includes("token-1"), false),
      ],
    };
  },
};

interface Row {
  readonly when: string;
  readonly run: RunView;
  readonly tokens: number;
  readonly refused: number;
}
