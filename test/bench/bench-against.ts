// node --import tsx test/bench/bench-against.ts OTHER_MAIN_JS WORD…: the same command by this build and by another one
// (apps/cli/bundle/main.js of another checkout), in turn, each with an empty home; prints how long this one takes for each
// second of the other. ROUNDS (5): the first of each is not counted, it warms the disk's cache.
import { PROGRAM } from "../setup/build-graft.ts";
import { machine } from "./figures.ts";
import { runCommand, withHome } from "./graft-command.ts";

const [other, ...words] = process.argv.slice(2);
if (other === undefined || words.length === 0) throw new Error("usage: bench-against.ts OTHER_MAIN_JS WORD…");
const rounds = Number(process.env.ROUNDS ?? 5);

const secondsOf = (program: string): Promise<number> =>
  withHome(async (home) => (await runCommand(words, home, program)).seconds);

const ratios: number[] = [];
for (let round = 0; round <= rounds; round++) {
  const theirs = await secondsOf(other);
  const ours = await secondsOf(PROGRAM);
  if (round === 0) continue;
  ratios.push(ours / theirs);
  console.log(`round ${round}: ${ours.toFixed(2)} s, the other build ${theirs.toFixed(2)} s`);
}
ratios.sort((a, b) => a - b);
const at = (share: number): string =>
  (ratios[Math.floor((ratios.length - 1) * share)] ?? Number.NaN).toFixed(2);
console.log(
  `${machine()}: graft ${words.join(" ")}: ${at(0.5)} (${at(0)}, ${at(1)}) × the other build's time`,
);
