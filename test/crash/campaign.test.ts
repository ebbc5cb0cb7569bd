import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../cli/run-graft.ts";
import { isLong } from "../long.ts";
import { campaign } from "./campaign.ts";
import { killTable } from "./kill-table.ts";
import { whyNoProcessTable } from "./process-table.ts";

const KILLS = isLong ? 10 : 3;
/** The draw of targets and phases; when a kill falls is the machine's. `npm run test:crash` draws others. */
const SEED = 12;
/** A minute and a half on two idle cores; a machine that does ten things at once takes ten times as long. */
const MOST_MS = 900_000;

it(
  "keeps all that it accepted, and trains to the numbers of an undisturbed server, whatever is killed",
  async ({ skip }) => {
    const refusal = whyNoProcessTable();
    skip(refusal !== undefined, refusal);
    const folder = join(await temporaryFolder("crash"), "homes");
    const { kills, findings, said } = await campaign({ folder, seed: SEED, kills: KILLS });
    const told = `seed ${SEED}\n${killTable(kills)}\n${said.slice(-60).join("\n")}`;
    expect(findings, told).toEqual([]);
    expect(kills.length, told).toBe(KILLS);
  },
  MOST_MS,
);
