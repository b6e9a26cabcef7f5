const DIGITS_MAX = 34;
const EXPONENT_MIN = -6176;
const EXPONENT_MAX = 6144;

/** Whether MongoDB stores these digits as they are. */
export function isDecimal128(digits: string): boolean {
  const [mantissa = "", exponent = "0"] = digits.toLowerCase().split("e");
  const fraction = mantissa.split(".")[1] ?? "";
  const significant = mantissa.replace(/[^0-9]/g, "").replace(/^0+(?=\d)/, "").length;
  const lastExponent = Number(exponent) - fraction.length;
  const firstExponent = lastExponent + significant - 1;
  return significant <= DIGITS_MAX && lastExponent >= EXPONENT_MIN && firstExponent <= EXPONENT_MAX;
}
