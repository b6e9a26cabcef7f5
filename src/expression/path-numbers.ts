const QUOTED_OR_NUMBER =
  /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(?<![\p{L}\p{N}_.-])0(?:\.(\d+))?(?:[eE]([+-]?\d+))?(?![\p{L}\p{N}_.])/gsu;

/**
 * The path with numbers such as `0.5` written as `5e-1`: json-p3 takes every literal that begins with a zero and goes on
 * for one that RFC 9535 does not allow, such as `01`.
 */
export function withPlainNumbers(path: string): string {
  return path.replace(QUOTED_OR_NUMBER, (written, fraction: string | undefined, exponent: string | undefined) => {
    if (fraction === undefined && exponent === undefined) return written;
    const digits = (fraction ?? "").replace(/^0+/, "");
    if (digits === "") return "0";
    return `${digits}e${BigInt(exponent ?? 0) - BigInt(fraction?.length ?? 0)}`;
  });
}
