/** One line of comma-separated values (RFC 4180): quoted where a comma, quote or line break would break it, and otherwise as it is. */
export function csvLine(cells: readonly (string | number)[]): string {
  return cells
    .map((cell) => (/[",\r\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell)))
    .join(",");
}
