/** HMAC-SHA1 by RFC 5849, written by others than what FleetCron signs with. It comes without types. */
declare module "oauth-signature" {
  const signer: {
    generate(
      method: string,
      url: string,
      parameters: Readonly<Record<string, string | readonly string[]>>,
      consumerSecret: string,
      tokenSecret: string,
      options: { readonly encodeSignature: boolean },
    ): string;
  };
  export = signer;
}
