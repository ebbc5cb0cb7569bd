/** "cats/1.jpg" → "cats/1 (2).jpg": the name under which a file is kept whose own is taken. @param number from 2 */
export function numberedName(path: string, number: number): string {
  const start = path.lastIndexOf("/") + 1;
  const dot = path.lastIndexOf(".");
  const end = dot > start ? dot : path.length;
  return `${path.slice(0, end)} (${number})${path.slice(end)}`;
}
