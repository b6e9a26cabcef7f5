import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { eventually } from "./eventually.ts";

const ARRIVAL_MS_MAX = 20_000;

/** One request as it came. */
export interface Arrival {
  /** Wall time of this machine, which its agents share. */
  readonly at: number;
  /** On a clock that never jumps. */
  readonly monotonicAt: number;
  readonly method: string;
  readonly path: string;
  /** As it was written, without `?`. */
  readonly query: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** `X-FleetCron-Run-Id`. */
  readonly run: string;
  readonly attempt: number;
  readonly fence: number;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @param nth how many requests have come to this path, this one included */
type Script = (arrival: Arrival, nth: number) => Answer | Promise<Answer>;

/** A real HTTP server that records what arrives and answers by script; what no script is for gets 200. */
export interface Target {
  readonly url: string;
  readonly arrivals: readonly Arrival[];
  at(path: string): readonly Arrival[];
  on(path: string, script: Script): void;
  /** Called for each connection as soon as it stands, mostly before anything was sent on it. */
  onConnection(listener: () => void): void;
  /** Resolves with the nth request to this path. */
  arrived(path: string, nth?: number, deadlineMs?: number): Promise<Arrival>;
  close(): Promise<void>;
}

/** @param host the address that it listens at; others of this machine may reach it there, also from another namespace */
export async function startTarget(host = "127.0.0.1"): Promise<Target> {
  const arrivals: Arrival[] = [];
  const scripts = new Map<string, Script>();
  const at = (path: string) => arrivals.filter((it) => it.path === path);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrival = await arrivalOf(request);
    arrivals.push(arrival);
    const script: Script = scripts.get(arrival.path) ?? (() => ({}));
    const { status = 200, headers = {}, body = "{}" } = await script(arrival, at(arrival.path).length);
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    arrivals,
    at,
    on: (path, script) => void scripts.set(path, script),
    onConnection: (listener) => void server.on("connection", listener),
    arrived: (path, nth = 1, deadlineMs = ARRIVAL_MS_MAX) =>
      eventually(`request number ${nth} to ${path}`, deadlineMs, () => at(path)[nth - 1]),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Steps whose same attempt arrived more than once, over all agents: there must be none. */
export function arrivedTwice(arrivals: readonly Arrival[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { headers, attempt } of arrivals) {
    const key = `${headers["idempotency-key"]} attempt ${attempt}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > 1).map(([key, count]) => `${key}: ${count} times`);
}

/** Something that requests wait for until a test opens it. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function createGate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Never answers; the connection stays open until the sender gives up. */
export const noAnswer = (): Promise<Answer> => new Promise(() => {});

async function arrivalOf(request: IncomingMessage): Promise<Arrival> {
  const [at, monotonicAt] = [Date.now(), performance.now()];
  const [path = "", ...query] = (request.url ?? "").split("?");
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
  return {
    at,
    monotonicAt,
    method: request.method ?? "",
    path,
    query: query.join("?"),
    headers,
    body: (await buffer(request)).toString("utf8"),
    run: headers["x-fleetcron-run-id"] ?? "",
    attempt: Number(headers["x-fleetcron-attempt"]),
    fence: Number(headers["x-fleetcron-fence"]),
  };
}
