/** The body of a request as text; bytes that are no text show as replacement characters. */
export function bodyText(body: string | Uint8Array | undefined): string | undefined {
  return body === undefined || typeof body === "string" ? body : new TextDecoder().decode(body);
}
