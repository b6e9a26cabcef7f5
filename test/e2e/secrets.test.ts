import { BSON, type Db } from "mongodb";
import { expect, test } from "vitest";
import { openFleet } from "./fleet.ts";

const TOKEN = 's3cr3t/+ "quoted" & 100% = öffnen?';
const PLAIN = "hunter2-hunter2";

interface Spelling {
  readonly name: string;
  /** As it stands in a text that gives the secret away. */
  readonly written: string;
  /** The part of it that nothing but the secret makes. */
  readonly telltale: string;
}

/** Every spelling in which somebody could read a secret. */
function spellings(secret: string): readonly Spelling[] {
  const whole = (name: string, written: string): Spelling => ({ name, written, telltale: written });
  const bytes = Buffer.from(secret, "utf8");
  const inside = (name: string, before: string): Spelling => {
    const written = Buffer.from(`${before}${secret}`, "utf8").toString("base64");
    const edge = 4 * Math.ceil(before.length / 3);
    return { name, written, telltale: written.slice(edge, -4) };
  };
  return [
    whole("raw", secret),
    whole("in JSON", JSON.stringify(secret).slice(1, -1)),
    whole("in JSON in JSON", JSON.stringify(JSON.stringify(secret)).slice(3, -3)),
    whole("URL-encoded", encodeURIComponent(secret)),
    whole("URL-encoded as a form", new URLSearchParams({ a: secret }).toString().slice(2)),
    whole("base64", bytes.toString("base64").replace(/=+$/, "")),
    whole("base64url", bytes.toString("base64url")),
    inside("base64 behind one byte", "x"),
    inside("base64 behind two bytes", "xy"),
    inside("base64 of a user and it", "user:"),
    whole("hex", bytes.toString("hex")),
    whole("hex in capitals", bytes.toString("hex").toUpperCase()),
  ];
}

function foundIn(text: string, where: string): readonly string[] {
  return [TOKEN, PLAIN].flatMap((secret) =>
    spellings(secret)
      .filter(({ telltale }) => text.includes(telltale))
      .map(({ name }) => `${name} in ${where}`),
  );
}

async function everythingStored(db: Db): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray())
    texts.set(name, BSON.EJSON.stringify(await db.collection(name).find().toArray()));
  return texts;
}

test("row 52: a secret that a target reflects in every spelling stands in no collection, no log line and nothing that is shown", async (context) => {
  const secrets = {
    TOKEN,
    PLAIN,
    NOWHERE: `${PLAIN}.invalid`,
    WITH_USER: `http://user:${PLAIN}@127.0.0.1/`,
    TWO_LINES: `${PLAIN}\n${PLAIN}`,
  };
  const fleet = await openFleet(context, { config: { secrets } });
  const { target } = fleet;
  const [agent] = await fleet.startAgents(1);
  if (agent === undefined) throw new Error("no agent");
  await fleet.leaderOf([agent]);

  const reflected = (text: string) =>
    [text, ...[TOKEN, PLAIN].flatMap(spellings).map(({ written }) => written)].join("\n");
  const reflect = (status: number) => (arrival: { readonly query: string; readonly headers: object }) => ({
    status,
    body: reflected(`${arrival.query} ${JSON.stringify(arrival.headers)}`),
  });
  target.on("/ok", reflect(200));
  target.on("/fails", reflect(500));
  target.on("/long", () => ({ body: `${"x".repeat(1_990)}${PLAIN}${TOKEN}` }));
  target.on("/redirects", () => ({
    status: 302,
    headers: { location: `ftp://${PLAIN}/?t=${encodeURIComponent(TOKEN)}` },
  }));
  const request = (path: string) => ({
    type: "http",
    method: "POST",
    url: `${target.url}${path}?key={{PLAIN}}`,
    params: { token: "{{TOKEN}}" },
    headers: { authorization: "Bearer {{PLAIN}}", "x-token": "{{PLAIN}}" },
    body: { nested: [{ token: "{{TOKEN}}", plain: "{{PLAIN}}" }] },
    retry: { retries: 0 },
    continue_on_failure: true,
  });
  const unsendable = [
    { ...request("/"), url: "http://{{NOWHERE}}/{{PLAIN}}" },
    { ...request("/"), url: "{{TOKEN}}/login" },
    { ...request("/"), url: "{{WITH_USER}}" },
    { ...request("/"), headers: { "x-token": "{{TWO_LINES}}" } },
  ];
  const paths = ["/ok", "/fails", "/long", "/redirects"];
  const actions = [...paths.map(request), ...unsendable];
  await fleet.putJob({ name: "reflecting", schedule: "0 0 1 1 *", actions });
  const run = await fleet.runJob("reflecting");
  const ended = await fleet.ended(run);
  expect(ended.steps?.length).toBe(actions.length);

  // Without this, nothing below would prove anything.
  const everySpelling = [TOKEN, PLAIN].flatMap(spellings).length;
  expect(foundIn(reflected(""), "what is reflected").length).toBe(everySpelling);
  const sent = target.at("/ok")[0];
  expect(sent?.headers["authorization"]).toBe(`Bearer ${PLAIN}`);
  expect(new URLSearchParams(sent?.query).get("token")).toBe(TOKEN);
  expect(JSON.parse(sent?.body ?? "")).toEqual({ nested: [{ token: TOKEN, plain: PLAIN }] });
  expect(ended.steps?.[0]?.response_sample).toContain("[secret TOKEN]");
  expect(ended.steps?.[1]?.response_sample).toContain("[secret PLAIN]");
  expect(ended.steps?.[2]?.response_sample).toBe(`${"x".repeat(1_990)}[secret PL`);
  expect(agent.lines.some((it) => it.event === "run_ended")).toBe(true);

  const shown = await Promise.all(
    [
      ["run", "show", run],
      ["run", "show", run, "--output", "json"],
      ["run", "list"],
      ["job", "show", "reflecting"],
      ["config", "show", "--origin"],
      ["status"],
    ].map(async (args) => ({ args, end: await fleet.cli(...args) })),
  );
  for (const { args, end } of shown) expect([args, end.exitCode]).toEqual([args, 0]);
  const stored = await everythingStored(fleet.db);
  expect([...stored.keys()]).toEqual(expect.arrayContaining(["job_runs", "job_revisions", "events", "machines"]));
  expect([
    ...[...stored].flatMap(([name, text]) => foundIn(text, `the collection ${name}`)),
    ...shown.flatMap(({ args, end }) => foundIn(end.stdout + end.stderr, args.join(" "))),
    ...foundIn(agent.output, "the log"),
  ]).toEqual([]);
});
