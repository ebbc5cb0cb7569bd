import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../cli/run-graft.ts";
import { whyNoPostgres } from "../setup/postgres.ts";
import { openPostgresServer } from "../setup/postgres-server.ts";
import { bringPictures } from "./bring-pictures.ts";
import { checkIdle, checkStore } from "./check-kept.ts";
import { checkRun } from "./check-run.ts";
import { Lives, type LivesOptions } from "./lives.ts";
import { QuietStage } from "./quiet-stage.ts";
import { roundPictures } from "./round-pictures.ts";
import { ended, startRun, type TrainedRun } from "./train-runs.ts";

const refusal = whyNoPostgres();
const GONE_MS = 10_000;
const FIRST_EPOCHS = 3;

describe.skipIf(refusal !== undefined)(
  `a database that goes in the middle of a run${refusal === undefined ? "" : `, skipped: ${refusal}`}`,
  () => {
    let database: Awaited<ReturnType<typeof openPostgresServer>>;
    let place: LivesOptions;
    let lives: Lives;
    let dataset = "";
    let calm: TrainedRun;
    beforeAll(async () => {
      database = await openPostgresServer();
      place = { home: join(await temporaryFolder("gone"), "home"), databaseUrl: database.url };
      lives = await Lives.begin(place);
      dataset = await bringPictures(lives.client, await roundPictures(0), new QuietStage());
      calm = await ended(lives.client, await startRun(lives.client, dataset, { key: "calm" }));
    });
    afterAll(async () => {
      await lives.kill();
      await database[Symbol.asyncDispose]();
    });

    /** Trains, has something happen in the middle of it, and holds what came of it against the undisturbed run. */
    async function trainThrough(key: string, happens: () => Promise<void>): Promise<void> {
      const watcher = await startRun(lives.client, dataset, { key });
      const over = ended(lives.client, watcher);
      while (watcher.heard.filter(({ type }) => type === "epoch-end").length < FIRST_EPOCHS) await pause(10);
      await happens();
      expect(await checkRun(lives.client, await over, calm), lives.server.said.join("\n")).toEqual([]);
      expect(await checkIdle(lives, place)).toEqual([]);
    }

    it("for ten seconds, killed, is waited for", async () => {
      await trainThrough("killed", async () => {
        database.stop("immediate");
        await pause(GONE_MS);
        database.start();
      });
    });

    it("from its connections, again and again, is asked again", async () => {
      await trainThrough("cut", async () => {
        const client = new pg.Client({ connectionString: database.url });
        await client.connect();
        for (let times = 0; times < 12; times++) {
          await client.query(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'",
          );
          await pause(150);
        }
        await client.end();
      });
    });

    it("and has each record's file and each file's record afterwards", async () => {
      expect(await lives.end()).toBe(0);
      expect(await checkStore(place)).toEqual([]);
    });
  },
);
