import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server as TcpServer, Socket } from "node:net";
import { afterEach } from "vitest";

const open = new Set<{ close(): Promise<void> }>();

afterEach(async () => {
  await Promise.all([...open].map((server) => server.close()));
  open.clear();
});

/** A server of this test alone; closed with everything on it when the test ends. */
export async function serve(
  listener: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer((request, response) => void listener(request, response));
  return `http://127.0.0.1:${await listen(server, () => server.closeAllConnections())}`;
}

/** A server that speaks whatever it likes. */
export async function serveRaw(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  const port = await listen(server, () => sockets.forEach((socket) => socket.destroy()));
  return `http://127.0.0.1:${port}`;
}

export async function listen(server: Server | TcpServer, drop: () => void): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.add({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        drop();
      }),
  });
  return (server.address() as AddressInfo).port;
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
