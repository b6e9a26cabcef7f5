/** What an action sends. */
export interface RequestBody {
  readonly content: string | Uint8Array;
  /** For a request that says none; `undefined`: none is sent. */
  readonly contentType: string | undefined;
  /** What divides the parts of a multipart body. */
  readonly boundary?: string;
}
