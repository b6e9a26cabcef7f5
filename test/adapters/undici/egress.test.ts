import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAddressNets } from "../../../src/adapters/undici/address-nets.ts";
import { createEgressPolicy } from "../../../src/adapters/undici/egress-policy.ts";
import type { Egress } from "../../../src/model/config.ts";
import { egress } from "./client-fixture.ts";

const policyOf = (rules: Partial<Egress> = {}, mongodb: readonly string[] = []) =>
  createEgressPolicy({ ...egress, ...rules }, () => mongodb);
const refusesAddress = (address: string, rules: Partial<Egress> = {}, host = "name.test"): boolean =>
  policyOf(rules).refusesAddress(host, address, 80) !== undefined;

describe("addresses that are always refused", () => {
  test.each([
    "169.254.169.254",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::a9fe:a9fe",
    "168.63.129.16",
    "192.0.0.192",
  ])("%s", (address) => expect(refusesAddress(address)).toBe(true));

  test.each(["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fd12::1", "93.184.216.34", "2606:4700::1111"])(
    "are not %s",
    (address) => expect(refusesAddress(address)).toBe(false),
  );

  test("are opened by an entry that names the host or address, not by a pattern", () => {
    expect(refusesAddress("169.254.169.254", { allowHosts: ["169.254.169.254"] }, "169.254.169.254")).toBe(false);
    expect(refusesAddress("169.254.169.254", { allowHosts: ["name.test"] })).toBe(false);
    expect(refusesAddress("169.254.169.254", { allowHosts: ["*"] })).toBe(true);
    expect(refusesAddress("169.254.169.254", { allowHosts: ["*.test"] })).toBe(true);
  });
});

describe("public_only", () => {
  test.each(["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1", "::1", "fd12::1", "::ffff:10.0.0.1"])(
    "refuses %s",
    (address) => expect(refusesAddress(address, { publicOnly: true })).toBe(true),
  );
  test("lets public addresses through", () =>
    expect(refusesAddress("93.184.216.34", { publicOnly: true })).toBe(false));
});

describe("allow_hosts", () => {
  const refuses = (allowHosts: readonly string[], host: string, port = 443): boolean =>
    policyOf({ allowHosts }).refusesHost(host, port) !== undefined;

  test("that is empty lets every host through", () => expect(refuses([], "any.test")).toBe(false));
  test.each([
    [["api.test"], "api.test", false],
    [["api.test"], "API.test.", false],
    [["api.test"], "xapi.test", true],
    [["api.test"], "api.test.evil.test", true],
    [["*.api.test"], "v1.api.test", false],
    [["*.api.test"], "api.test", true],
    [["api.test:443"], "api.test", false],
    [["api.test:8443"], "api.test", true],
    [["[::1]:443"], "::1", false],
    [["a.b"], "aXb", true],
  ])("%o and %s", (list, host, isRefused) => expect(refuses(list, host)).toBe(isRefused));
});

describe("deny_nets", () => {
  test("agrees with plain arithmetic on any block and address", () => {
    const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    const number = (parts: readonly number[]): bigint => parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
    fc.assert(
      fc.property(octets, fc.integer({ min: 1, max: 32 }), octets, fc.boolean(), (block, length, other, near) => {
        const address = near ? [...block.slice(0, 3), other[3]] : [...other];
        const shift = BigInt(32 - length);
        const isInside = number(block) >> shift === number(address) >> shift;
        const nets = createAddressNets([`${block.join(".")}/${length}`]);
        expect(nets.has(address.join("."))).toBe(isInside);
        expect(nets.has(`::ffff:${address.join(".")}`)).toBe(isInside);
      }),
    );
  });

  test("that is no network is named", () => {
    for (const wrong of ["10.0.0.0/33", "ten", "10.0.0.0/", "fd00::/129"]) {
      expect(() => policyOf({ denyNets: [wrong] })).toThrow(`"${wrong}" is not a network`);
    }
  });
});
