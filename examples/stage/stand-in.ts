import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** One request as it came. */
export interface Arrival {
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  readonly params: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly status: number;
}

export interface Answer {
  readonly status: number;
  /** An object or a list goes out as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that a job talks to: answers as it is told and remembers what came. */
export interface StandIn {
  readonly url: string;
  readonly arrivals: readonly Arrival[];
  /** Those of one method whose path begins so. */
  to(method: string, path: string): readonly Arrival[];
  close(): Promise<void>;
}

export type Respond = (request: Omit<Arrival, "status">) => Answer | Promise<Answer>;

/** @param respond nobody is answered by a request that it throws at; 404 for what it knows nothing of */
export async function openStandIn(respond: Respond): Promise<StandIn> {
  const arrivals: Arrival[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const came = await read(request);
    const { status, body, headers = {} } = await respond(came);
    arrivals.push({ ...came, status });
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body === undefined ? "" : JSON.stringify(body));
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    to: (method, path) => arrivals.filter((it) => it.method === method && it.path.startsWith(path)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<Omit<Arrival, "status">> {
  const url = new URL(request.url ?? "/", "http://stand-in");
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
  return {
    method: request.method ?? "",
    path: url.pathname,
    params: url.searchParams,
    headers,
    body: await text(request),
  };
}
