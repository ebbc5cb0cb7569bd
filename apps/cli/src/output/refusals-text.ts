/** Engines that cannot be used, each with its whole reason. */
export function refusalsText(refusals: readonly { readonly id: string; readonly reason: string }[]): string {
  if (refusals.length === 0) return "";
  const width = Math.max(...refusals.map(({ id }) => id.length));
  const lines = refusals.map(({ id, reason }) => `  ${id.padEnd(width)}  ${reason.replaceAll(/\s+/g, " ")}`);
  return ["Not usable here:", ...lines].join("\n");
}
