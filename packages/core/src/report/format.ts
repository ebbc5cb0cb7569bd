/** A share as "85.5 %", its space unbreakable; what is not defined as "–". */
export function percent(share: number | null): string {
  return share === null ? "–" : `${(100 * share).toFixed(1)}\u00a0%`;
}

/** "1 image", "3 images" */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
