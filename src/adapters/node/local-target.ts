import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it came. */
export interface ArrivedRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface PreparedAnswer {
  readonly status: number;
  readonly body: string;
  readonly delayMs: number;
}

/** An HTTP server on loopback that answers as it is told. */
export async function startLocalTarget(
  answer: (request: ArrivedRequest) => PreparedAnswer,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
    );
    const { status, body, delayMs } = answer({ method: request.method ?? "", path: request.url ?? "", headers });
    request.resume();
    setTimeout(() => response.writeHead(status, { "content-type": "application/json" }).end(body), delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
