import { csv } from "./csv.ts";
import { exactJson, type Printable } from "./exact-json.ts";
import type { Paint } from "./paint.ts";
import { textTable } from "./table.ts";
import { visible, visibleLines } from "./visible.ts";

export type Format = "table" | "json" | "csv";

/** What programs read of a row, by the name of the field. The names are part of the contract with users. */
export type Fields<Row> = Readonly<Record<string, (row: Row) => Printable>>;

/** What people read of a row. A cell makes its own text safe: `print.cell` does it. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
}

export interface ListView<Row> {
  readonly fields: Fields<Row>;
  readonly columns: readonly Column<Row>[];
  /** What is said when there is no row, beside the empty data. */
  readonly empty: string;
}

export interface Printer {
  readonly format: Format;
  readonly paint: Paint;
  /** Rows as a table, a JSON list or CSV. */
  list<Row>(rows: readonly Row[], view: ListView<Row>): void;
  /** One thing: as JSON, a CSV of one row, or as the text that people read. */
  thing(record: Readonly<Record<string, Printable>>, text: () => string): void;
  /** Words for people, on stderr; lines are kept, everything else that is not text is escaped. */
  words(text: string): void;
}

export function createPrinter(
  output: { stdout(text: string): void; stderr(text: string): void },
  format: Format,
  paint: Paint,
): Printer {
  return {
    format,
    paint,
    list(rows, { fields, columns, empty }) {
      const names = Object.keys(fields);
      if (format === "json") {
        output.stdout(
          `${exactJson(
            rows.map((row) => recordOf(row, fields)),
            "",
          )}\n`,
        );
      } else if (format === "csv") {
        const values = rows.map((row) => names.map((name) => fields[name]?.(row)));
        output.stdout(csv(names, values));
      } else if (rows.length === 0) {
        output.stderr(`${visibleLines(empty)}\n`);
      } else {
        const header = columns.map((it) => paint("quiet", it.title));
        const body = rows.map((row) => columns.map((column) => column.cell(row)));
        output.stdout(textTable(header, body));
      }
    },
    thing(record, text) {
      if (format === "json") output.stdout(`${exactJson(record, "")}\n`);
      else if (format === "csv") output.stdout(csv(Object.keys(record), [Object.values(record)]));
      else output.stdout(`${text()}\n`);
    },
    words(text) {
      output.stderr(`${visibleLines(text)}\n`);
    },
  };
}

/** One row as programs read it. */
export function recordOf<Row>(row: Row, fields: Fields<Row>): Readonly<Record<string, Printable>> {
  return Object.fromEntries(Object.entries(fields).map(([name, read]) => [name, read(row)]));
}

/** Lines of names and texts, aligned; those without a text are left out. Texts are made safe here. */
export function factLines(facts: readonly (readonly [name: string, text: string | undefined])[], paint: Paint): string {
  const shown = facts.filter(([, text]) => text !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, text]) => `  ${paint("quiet", name.padEnd(width))}  ${visible(text ?? "")}`).join("\n");
}
