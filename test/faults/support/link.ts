import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/**
 * A TCP link to one mongod that a test may harm. It knows no protocol: bytes are passed on, kept or dropped.
 * Connections that a client gave up while their bytes were kept are still delivered, as a network would.
 */
export interface Link {
  readonly port: number;
  /** Everything flows; what was kept by `stall` is delivered first. */
  pass(): void;
  /** Resets every connection, and each that comes. */
  refuse(): void;
  /** Resets every connection once; those that come pass. */
  cut(): void;
  /** Takes connections and bytes and passes nothing on, without a word. */
  stall(): void;
  /** Connections that are open carry nothing from here on, without a word; those that come pass. */
  silence(): void;
  /** Each way, from the next bytes on; connections are taken at once. */
  delay(ms: number): void;
  /** Keeps the next request that is meant, and whatever its connection sends after it; all others pass. */
  keepRequest(isMeant: (bytes: Buffer) => boolean): KeptRequest;
  /** Until it is ended, the connection of any request that is meant is reset instead. */
  resetRequests(isMeant: (bytes: Buffer) => boolean): ResetRequests;
  /** Passes on the next request that is meant and resets its connection instead of answering. */
  loseReply(isMeant: (bytes: Buffer) => boolean): LostReply;
  close(): Promise<void>;
}

interface KeptRequest {
  /** Resolves when there is one. */
  readonly caught: Promise<void>;
  /** Resolves when its client has given it up. */
  readonly givenUp: Promise<void>;
  /** Resolves when the server has answered it; nobody hears the answer. */
  deliver(): Promise<void>;
}

interface ResetRequests {
  readonly count: number;
  end(): void;
}

interface LostReply {
  /** Resolves when a reply was dropped. */
  readonly lost: Promise<void>;
}

/** One command of the wire protocol on one collection; it begins the document that the driver sends. */
export function commandOn(name: string, collection: string): (bytes: Buffer) => boolean {
  const length = Buffer.alloc(4);
  length.writeInt32LE(collection.length + 1);
  const element = Buffer.concat([Buffer.from(`\x02${name}\0`), length, Buffer.from(`${collection}\0`)]);
  return (bytes) => bytes.includes(element);
}

type Mode = "pass" | "refuse" | "stall";

interface Trap {
  readonly isMeant: (bytes: Buffer) => boolean;
  readonly spring: (connection: Connection) => void;
}

/** Both halves of one connection through the link. */
interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  /** What is kept, in order; each is called once. */
  readonly kept: (() => void)[];
  /** True: what the client sends is kept whatever the link does. */
  isKept: boolean;
  onReply: (() => void) | undefined;
}

export async function openLink(mongodPort: number): Promise<Link> {
  let mode: Mode = "pass";
  let delayMs = 0;
  let trap: Trap | undefined;
  let isUnwanted = (_bytes: Buffer): boolean => false;
  const connections = new Set<Connection>();

  function accept(client: Socket): void {
    if (mode === "refuse") return void client.resetAndDestroy();
    const server = connect({ host: "127.0.0.1", port: mongodPort, noDelay: true });
    client.setNoDelay(true);
    const connection: Connection = { client, server, kept: [], isKept: false, onReply: undefined };
    connections.add(connection);
    client.on("data", (bytes) => fromClient(connection, bytes));
    server.on("data", (bytes) => fromServer(connection, bytes));
    for (const socket of [client, server]) socket.on("error", () => {});
    client.on("close", () => inOrder(connection, () => server.destroy()));
    server.on("close", () => inOrder(connection, () => client.destroy()));
    for (const socket of [client, server]) {
      socket.on("close", () => {
        if (client.destroyed && server.destroyed) connections.delete(connection);
      });
    }
  }

  function fromClient(connection: Connection, bytes: Buffer): void {
    if (!connection.isKept && isUnwanted(bytes)) return reset(connection);
    if (trap?.isMeant(bytes) === true) {
      const { spring } = trap;
      trap = undefined;
      spring(connection);
    }
    inOrder(connection, () => connection.server.write(bytes));
  }

  function fromServer(connection: Connection, bytes: Buffer): void {
    if (connection.onReply !== undefined) return connection.onReply();
    inOrder(connection, () => void (connection.client.writable && connection.client.write(bytes)));
  }

  function inOrder(connection: Connection, act: () => void): void {
    if (mode === "stall" || connection.isKept || connection.kept.length > 0) connection.kept.push(act);
    else if (delayMs > 0) setTimeout(act, delayMs);
    else act();
  }

  function release(connection: Connection): void {
    for (const act of connection.kept.splice(0)) act();
  }

  function reset({ client, server }: Connection): void {
    if (!client.destroyed) client.resetAndDestroy();
    server.destroy();
  }

  function cut(): void {
    for (const connection of connections) if (!connection.isKept) reset(connection);
  }

  const listener = createServer(accept);
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));

  return {
    port: (listener.address() as AddressInfo).port,
    pass() {
      mode = "pass";
      delayMs = 0;
      for (const connection of connections) if (!connection.isKept) release(connection);
    },
    refuse() {
      mode = "refuse";
      cut();
    },
    cut,
    stall() {
      mode = "stall";
    },
    silence() {
      for (const connection of connections) connection.isKept = true;
    },
    delay(ms) {
      delayMs = ms;
    },
    keepRequest(isMeant) {
      const [caught, givenUp] = [deferred<Connection>(), deferred<void>()];
      trap = {
        isMeant,
        spring(connection) {
          connection.isKept = true;
          connection.client.once("close", () => givenUp.resolve());
          caught.resolve(connection);
        },
      };
      return {
        caught: caught.promise.then(() => {}),
        givenUp: givenUp.promise,
        async deliver() {
          const connection = await caught.promise;
          const answered = new Promise<void>((resolve) => {
            connection.onReply = resolve;
          });
          const [request] = connection.kept.splice(0, 1);
          request?.();
          await answered;
          connection.isKept = false;
          connection.client.destroy();
          connection.server.destroy();
        },
      };
    },
    resetRequests(isMeant) {
      let count = 0;
      isUnwanted = (bytes) => {
        if (!isMeant(bytes)) return false;
        count++;
        return true;
      };
      return {
        get count() {
          return count;
        },
        end() {
          isUnwanted = () => false;
        },
      };
    },
    loseReply(isMeant) {
      const lost = deferred<void>();
      trap = {
        isMeant,
        spring(connection) {
          connection.onReply = () => {
            reset(connection);
            lost.resolve();
          };
        },
      };
      return { lost: lost.promise };
    },
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const { client, server } of connections) {
          client.destroy();
          server.destroy();
        }
      }),
  };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

function deferred<T>(): Deferred<T> {
  let settle: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}
