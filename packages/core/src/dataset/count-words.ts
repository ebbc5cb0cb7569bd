/** "1 image", "2 images"; "1 class", "2 classes". */
export function counted(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${noun}${/(s|x|ch|sh)$/.test(noun) ? "es" : "s"}`;
}

/** "1 image lies", "2 images lie": the verb that goes with the count. */
export const verb = (count: number, one: string, many: string): string => (count === 1 ? one : many);
