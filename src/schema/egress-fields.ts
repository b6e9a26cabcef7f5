import { isIP } from "node:net";
import type { Egress } from "../model/config.ts";
import { openObject, type Field } from "./field.ts";
import { readFilledText, readFlag, readTextList } from "./read-values.ts";

/** `egress`: where requests may go. */
export function readEgress(field: Field): Egress {
  const fields = openObject(field, ["allow_hosts", "deny_nets", "public_only", "proxy", "ca_file"]);
  return {
    allowHosts: (fields && readTextList(fields("allow_hosts"))) ?? [],
    denyNets: (fields && readNets(fields("deny_nets"))) ?? [],
    publicOnly: (fields && readFlag(fields("public_only"))) ?? false,
    proxy: (fields && readProxy(fields("proxy"))) ?? "env",
    caFile: fields && readFilledText(fields("ca_file")),
  };
}

function readNets(field: Field): readonly string[] | undefined {
  const nets = readTextList(field);
  const wrong = nets?.some((net) => !isNet(net)) === true;
  if (wrong) field.notes.error(field.path, "must hold nets such as 10.0.0.0/8, fd00::/8 or a single address");
  return nets;
}

function isNet(net: string): boolean {
  const [address = "", bits, ...more] = net.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** The address may hold a password, so no message repeats it. */
function readProxy(field: Field): string | undefined {
  const proxy = readFilledText(field);
  if (proxy === undefined || proxy === "env" || proxy === "none") return proxy;
  if (/^https?:\/\//i.test(proxy) && URL.canParse(proxy)) return proxy;
  field.notes.error(field.path, 'must be "env", "none" or a URL such as http://proxy:3128');
  return undefined;
}
