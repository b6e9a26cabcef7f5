const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;

/** Whether a number keeps every digit that is written here: `0.10` does, `0.12345678901234567890` does not. */
export function keepsDigits(written: string, value: number): boolean {
  return canonicalDigits(written) === canonicalDigits(String(value));
}

/** The same text for every way to write a number; its sign does not matter. */
function canonicalDigits(written: string): string {
  const [, whole = "", fraction = "", exponent = "0"] = NUMBER.exec(written) ?? [];
  const significant = `${whole}${fraction}`.replace(/^0+/, "");
  const digits = significant.replace(/0+$/, "");
  if (digits === "") return "0";
  return `${digits}e${Number(exponent) - fraction.length + (significant.length - digits.length)}`;
}
