/** A value of a CSV file; empty where there is none. */
export type CsvValue = string | number | boolean | null;

/** Rows as comma-separated values with a header (RFC 4180); null is an empty field. */
export function toCsv(rows: readonly Readonly<Record<string, CsvValue>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => columns.map((column) => field(row[column])).join(","));
  return [columns.map(field).join(","), ...lines, ""].join("\n");
}

function field(value: CsvValue): string {
  const text = value === null ? "" : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
