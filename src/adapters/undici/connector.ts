import type { LookupAddress, LookupOptions } from "node:dns";
import type { SecureContext } from "node:tls";
import { buildConnector } from "undici";
import { checkedAddresses, type LookUp } from "./checked-addresses.ts";
import type { EgressPolicy } from "./egress-policy.ts";

/** How long one address of several is tried before the next: the platform's quarter second is short for far hosts. */
const NEXT_ADDRESS_MS = 1_000;

type Connect = buildConnector.connector;

/** What a connection over TLS is made with. */
export interface HopTls {
  /** Absent: the platform's own trust. */
  readonly secureContext?: SecureContext;
  /** False accepts any certificate. */
  readonly rejectUnauthorized: boolean;
}

/** Connects to what the policy lets through; the signal also ends a connection that is still being made. */
export function createConnector(policy: EgressPolicy, lookUp: LookUp, tls: HopTls, signal: AbortSignal): Connect {
  async function connect(...[options, callback]: Parameters<Connect>): Promise<void> {
    const port = Number(options.port || (options.protocol === "https:" ? 443 : 80));
    const hostname = options.hostname.replace(/^\[(.*)\]$/, "$1");
    let addresses: readonly LookupAddress[];
    try {
      addresses = await checkedAddresses(policy, lookUp, hostname, port);
      signal.throwIfAborted();
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
      return;
    }
    const connectTo = buildConnector({
      allowH2: false,
      // The deadline of the exchange is the only one.
      timeout: 0,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
      lookup: answerWith(addresses),
      signal,
      ...tls,
    });
    connectTo({ ...options, hostname }, callback);
  }
  return (options, callback) => void connect(options, callback);
}

type LookupCallback = (error: null, addresses: string | LookupAddress[], family?: number) => void;

function answerWith(addresses: readonly LookupAddress[]) {
  return (_host: string, options: LookupOptions, callback: LookupCallback): void => {
    const [first] = addresses;
    if (options.all === true || first === undefined) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}
