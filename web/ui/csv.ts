/** Rows as CSV (RFC 4180), and handing a text to the person as a file. */

/** One cell: quoted at need; a text a spreadsheet would run as a formula is led by an apostrophe (OWASP, CSV injection). */
export function csvCell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A header line and the rows, each ended by CRLF. */
export const csvOf = (
  header: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string => [header, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");

/** Saves `content` under `name` on the person's device. */
export function saveFile(name: string, content: string | Blob, type = "text/plain"): void {
  const address = URL.createObjectURL(typeof content === "string" ? new Blob([content], { type }) : content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken its own reference to the content by the next task.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
