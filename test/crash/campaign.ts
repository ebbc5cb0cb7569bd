import { join } from "node:path";
import { testRandom } from "@graft/core/testing";
import { checkIdle, checkRound, checkStore } from "./check-kept.ts";
import { type Kill, Killer } from "./killer.ts";
import { Lives, type LivesOptions } from "./lives.ts";
import { QuietStage } from "./quiet-stage.ts";
import { type Round, workRound } from "./round.ts";
import { type RoundPictures, roundPictures } from "./round-pictures.ts";

export interface CampaignOptions {
  /** An empty folder, for homes. */
  readonly folder: string;
  readonly kills: number;
  /** The same seed draws the same kills; when each is due in what is done then is up to the machine. */
  readonly seed: number;
  /** Where the disturbed server keeps its rows and blobs. @default its home */
  readonly place?: Omit<LivesOptions, "home">;
  /** Told of each kill, when what was killed is there again. */
  readonly onKill?: (kill: Kill) => void;
}

export interface CampaignReport {
  readonly kills: readonly Kill[];
  readonly rounds: number;
  /** How often a client had to ask again, and an owner to go on with a run. */
  readonly repeats: number;
  readonly resumed: number;
  /** What should not be, a sentence each. */
  readonly findings: readonly string[];
  /** What the disturbed server and its worker wrote last. */
  readonly said: readonly string[];
}

/** Rounds that are worked for ten kills, at most: kills whose phase was over before are done in the next one. */
const ROUNDS_FOR_TEN = 3;

interface Worked {
  readonly pictures: RoundPictures;
  readonly calm: Round;
  readonly round: Round;
}

/**
 * Works rounds on two servers: on one nothing happens, on the other processes are killed at random moments and started again.
 * Then holds everything that the second one keeps against the first one, and against what its client was told.
 */
export async function campaign(options: CampaignOptions): Promise<CampaignReport> {
  const { folder, kills, seed, place = {}, onKill = () => undefined } = options;
  const home = { ...place, home: join(folder, "disturbed/home") };
  const quiet = new QuietStage();
  const calm = await Lives.begin({ home: join(folder, "calm/home") });
  let disturbed: Lives | undefined;
  try {
    const worked: Worked[] = [];
    const next = async (): Promise<Pick<Worked, "pictures" | "calm">> => {
      const pictures = await roundPictures(worked.length);
      return { pictures, calm: await workRound(calm.client, pictures, quiet) };
    };
    let now = await next();
    disturbed = await Lives.begin(home);
    await disturbed.startWorker();
    const killer = new Killer(disturbed, {
      ...{ random: testRandom(seed), most: kills, windows: quiet.shortest, onKill },
    });
    const findings: string[] = [];
    const most = Math.ceil(kills / 10) * ROUNDS_FOR_TEN;
    while (!killer.isDone && worked.length < most) {
      if (worked.length > 0) now = await next();
      killer.plan();
      const round = await workRound(disturbed.client, now.pictures, killer).catch((error: unknown) => {
        findings.push(String(error));
      });
      if (!round) break;
      worked.push({ ...now, round });
    }
    for (const each of worked) findings.push(...(await checkRound(disturbed, each)));
    findings.push(...(await checkIdle(disturbed, home)));
    const code = await disturbed.end();
    if (code === 0) findings.push(...(await checkStore(home)));
    else findings.push(`the server ended with ${code} when it was asked to end`);
    if (!killer.isDone && findings.length === 0)
      findings.push(`only ${killer.done.length} of ${kills} kills found their moment`);
    return {
      ...{ kills: killer.done, rounds: worked.length, repeats: disturbed.client.repeats, findings },
      resumed: worked.flatMap(({ round }) => round.runs).reduce((sum, run) => sum + run.resumed, 0),
      said: [...disturbed.server.said, ...disturbed.worker.said],
    };
  } finally {
    await Promise.all([calm.kill(), disturbed?.kill()]);
  }
}
