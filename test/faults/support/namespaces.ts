import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { TestContext } from "vitest";
import { runTool as run, toolAnswers as answers } from "./programs.ts";

/** A host of its own as far as its network goes: a namespace behind a cable that can be cut. */
export interface NetworkHost {
  /** Starts a program on this host; see `Surroundings`. */
  readonly through: readonly string[];
  /** Takes the cable out: both sides hear nothing from each other. */
  cut(): void;
  heal(): void;
  /** Swallows what this host sends to one port, without a word; everything else passes. */
  swallow(port: number): void;
  /** Loses packets at random, both ways. */
  lose(percent: number): void;
  narrow(kbitPerSecond: number): void;
  /** Ends swallowing, losing and narrowness. */
  clean(): void;
}

/** Hosts on one bridge of this machine; gone when the test has ended. */
export interface Network {
  /** This machine, as the hosts see it. */
  readonly address: string;
  readonly hosts: readonly NetworkHost[];
  /** Makes a port of 127.0.0.1 reachable for the hosts; the port at which it is. */
  publish(localPort: number): Promise<number>;
}

/** Where namespaces can't be made the test is skipped, and says so. */
export function needNetwork(context: TestContext, hostCount: number): Network {
  const reason = whyNone();
  if (reason !== undefined) return context.skip(reason);
  // Interfaces have names of at most 15 characters.
  const id = `${process.pid}`.slice(-6);
  const [bridge, net] = [`fcb${id}`, `10.99.${process.pid % 250}`];
  const names = Array.from({ length: hostCount }, (_, index) => ({
    ns: `fc${id}h${index}`,
    cable: `fcv${id}h${index}`,
  }));
  context.onTestFinished(() => {
    for (const { ns, cable } of names) {
      answers("ip", "netns", "del", ns);
      answers("ip", "link", "del", cable);
    }
    answers("ip", "link", "del", bridge);
  });
  run("ip", "link", "add", bridge, "type", "bridge");
  run("ip", "addr", "add", `${net}.1/24`, "dev", bridge);
  run("ip", "link", "set", bridge, "up");
  const hosts = names.map(({ ns, cable }, index) => addHost(ns, cable, bridge, `${net}.${index + 11}`));
  return { address: `${net}.1`, hosts, publish: (localPort) => publish(context, `${net}.1`, localPort) };
}

function addHost(ns: string, cable: string, bridge: string, address: string): NetworkHost {
  run("ip", "netns", "add", ns);
  run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", ns);
  run("ip", "link", "set", cable, "master", bridge, "up");
  run("ip", "-n", ns, "addr", "add", `${address}/24`, "dev", "eth0");
  run("ip", "-n", ns, "link", "set", "eth0", "up");
  run("ip", "-n", ns, "link", "set", "lo", "up");
  const inside = (...args: readonly string[]) => run("ip", "netns", "exec", ns, ...args);
  const rules = (chains: string) => inside("nft", `table inet fleetcron {\n${chains}}\n`);
  const chain = (hook: "output" | "input", rule: string) =>
    `chain ${hook} {\ntype filter hook ${hook} priority 0;\n${rule}\n}\n`;
  return {
    through: ["ip", "netns", "exec", ns],
    cut: () => run("ip", "link", "set", cable, "down"),
    heal: () => run("ip", "link", "set", cable, "up"),
    swallow: (port) => rules(chain("output", `tcp dport ${port} drop`)),
    lose(percent) {
      const drop = `numgen random mod 100 < ${percent} drop`;
      rules(chain("output", drop) + chain("input", drop));
    },
    // This kernel may lack netem; a token bucket is everywhere.
    narrow: (kbit) =>
      inside(
        "tc",
        "qdisc",
        "replace",
        "dev",
        "eth0",
        "root",
        "tbf",
        "rate",
        `${kbit}kbit`,
        "burst",
        "2kb",
        "latency",
        "500ms",
      ),
    clean() {
      answers("ip", "netns", "exec", ns, "nft", "delete", "table", "inet", "fleetcron");
      answers("ip", "netns", "exec", ns, "tc", "qdisc", "del", "dev", "eth0", "root");
    },
  };
}

function publish(context: TestContext, host: string, localPort: number): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(localPort, "127.0.0.1");
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(socket);
      socket.on("error", () => other.destroy()).on("close", () => open.delete(socket));
    }
    from.pipe(to).pipe(from);
  });
  context.onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function whyNone(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are a thing of Linux";
  if (process.getuid?.() !== 0) return "network namespaces can be made by root alone; run the suite as root";
  const missing = ["ip", "nft", "tc"].filter((it) => !answers(it, it === "nft" ? "--version" : "-V"));
  if (missing.length > 0) return `not installed: ${missing.join(", ")} (Debian: iproute2, nftables)`;
  if (!answers("ip", "netns", "list")) return "this machine lets nobody make network namespaces";
  return undefined;
}
