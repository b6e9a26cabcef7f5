import Table from "cli-table3";

/** No lines: two blanks between columns are easier to read, to copy and to cut. */
const NO_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Aligned columns, also for wide and coloured text, each line ending where its text does. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    ...(header.length > 0 ? { head: [...header] } : {}),
    chars: NO_LINES,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  const lines = table.toString().split("\n");
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}
