import { createServer } from "node:net";

/** A port of 127.0.0.1 that nobody listened on a moment ago: the preferred one, or any. */
export async function freePort(preferred: number | undefined): Promise<number> {
  const found = preferred === undefined ? undefined : await tryPort(preferred);
  const port = found ?? (await tryPort(0));
  if (port === undefined) throw new Error("no port of 127.0.0.1 is free");
  return port;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(undefined));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : undefined));
    });
  });
}
