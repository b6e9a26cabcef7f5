import type { HttpMethod } from "../model/action.ts";
import type { TlsOptions } from "../model/auth.ts";

export interface HttpRequest {
  readonly method: HttpMethod;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  /** PEM texts, templates filled in. */
  readonly tls?: TlsOptions;
  /** Over the whole exchange: connect, redirects, headers and body. */
  readonly timeoutMs: number;
  /** Most hops followed; 0 refuses redirects, so the 3xx is the answer. */
  readonly redirects: number;
  /** Decoded bytes after which reading stops; the status still decides. */
  readonly maxBodyBytes: number;
}

export type HttpOutcome =
  | {
      readonly kind: "response";
      readonly status: number;
      readonly headers: Readonly<Record<string, string | readonly string[]>>;
      /** Decoded text, valid Unicode, at most `maxBodyBytes`. */
      readonly body: string;
      readonly truncated: boolean;
      readonly elapsedMs: number;
    }
  | {
      readonly kind: "failure";
      /** `refused` is our own policy or an unusable URL: nothing was sent. */
      readonly cause: "timeout" | "network" | "refused" | "aborted";
      /** In plain words; may hold a URL, so redact before it is stored. */
      readonly message: string;
      readonly elapsedMs: number;
    };

/** Sends one request and repeats nothing by itself. Never rejects. */
export interface HttpClient {
  /**
   * @param mayStillSend asked before each hop, when its connection is ready, and after a wait for a turn at a busy
   *   host; after a no nothing more is sent and the outcome is a failure by `"aborted"`
   * @param onWait called when the request begins to wait for its turn at a busy host
   */
  exchange(
    request: HttpRequest,
    signal: AbortSignal,
    mayStillSend?: () => Promise<boolean>,
    onWait?: () => void,
  ): Promise<HttpOutcome>;
}
