import type { Kill } from "./killer.ts";
import { PHASES } from "./stage.ts";

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

/** Kills by target and phase, and how long it took until what was killed was there again: the middle one, and the longest. */
export function killTable(kills: readonly Kill[]): string {
  const targets = [...new Set(kills.map(({ target }) => target))].sort();
  const rows = targets.map((target) => {
    const own = kills.filter((kill) => kill.target === target);
    const counts = PHASES.map((phase) => `${own.filter((kill) => kill.phase === phase).length}`);
    const times = own
      .filter(({ phase }) => phase !== "start")
      .map(({ recoveredMs }) => recoveredMs)
      .sort((a, b) => a - b);
    const middle = times[Math.floor(times.length / 2)] ?? 0;
    return [target, ...counts, seconds(middle), seconds(times.at(-1) ?? 0)];
  });
  const head = ["killed", ...PHASES, "there again, s", "longest, s"];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")).join("\n");
}
