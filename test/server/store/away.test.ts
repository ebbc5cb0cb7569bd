import type { TrainEvent } from "@graft/core";
import { openStore } from "@graft/server";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { whyNoPostgres } from "../../setup/postgres.ts";
import { openPostgresServer } from "../../setup/postgres-server.ts";
import { NOW, sampleAccount, sampleDataset, sampleImage, sampleRun } from "../contract/sample-rows.ts";
import { gather } from "../contract/shared-repository.ts";
import { openTestStore } from "../open-store.ts";

const refusal = whyNoPostgres();

describe.skipIf(refusal !== undefined)(
  `a database that goes${refusal ? `, skipped: ${refusal}` : ""}`,
  () => {
    it("is waited for while it is away, and everything that was asked is done once", async () => {
      await using server = await openPostgresServer();
      await using store = await openStore({ url: server.url });
      const { accounts, datasets, images, runs } = store.repository;
      const account = sampleAccount();
      await accounts.create(account);
      const dataset = sampleDataset(account.id);
      await datasets.create(dataset, []);
      const run = await runs.create(sampleRun(dataset.id));
      server.stop();
      const pictures = Array.from({ length: 20 }, () => sampleImage(dataset.id));
      const event = (seq: number): TrainEvent => ({
        ...{ run: run.id, seq, time: NOW, type: "note", code: "a", message: "b" },
      });
      const asked = Promise.all([
        datasets.get(dataset.id),
        datasets.classes(dataset.id),
        images.add(dataset.id, { classes: [], images: pictures, parts: new Map(), at: NOW }),
        ...Array.from({ length: 20 }, (_, seq) => runs.appendEvents(run.id, [event(seq)])),
      ]);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      server.start();
      const [found, classes] = await asked;
      expect([found?.id, classes]).toStrictEqual([dataset.id, []]);
      expect(await gather(images.all(dataset.id))).toHaveLength(20);
      expect(await runs.events(run.id, { after: -1, limit: 99 })).toHaveLength(20);
    });

    it("takes no process with it, and what it broke off is done again or told", async () => {
      await using store = await openTestStore("postgres");
      const { accounts, datasets, images } = store.repository;
      const account = sampleAccount();
      await accounts.create(account);
      const dataset = sampleDataset(account.id);
      await datasets.create(dataset, []);
      // connections end under the work of others, as when a server is told to stop at once
      const end = sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`;
      let isDone = false;
      const ending = (async () => {
        while (!isDone) {
          await store.database.execute(end).catch(() => undefined);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      const batches = Array.from({ length: 12 }, () =>
        Array.from({ length: 900 }, () => sampleImage(dataset.id)),
      );
      const told = await Promise.all(
        batches.map((rows) =>
          images.add(dataset.id, { classes: [], images: rows, parts: new Map(), at: NOW }).then(
            () => "done",
            (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
          ),
        ),
      );
      isDone = true;
      await ending;
      expect(new Set(["done", "unreadable", ...told])).toStrictEqual(new Set(["done", "unreadable"]));
      const there = new Set((await gather(images.all(dataset.id))).map(({ id }) => id));
      for (const [n, rows] of batches.entries()) {
        const stored = rows.filter(({ id }) => there.has(id)).length;
        expect([0, rows.length], "whole or not at all").toContain(stored);
        if (told[n] === "done") expect(stored).toBe(rows.length);
      }
    });
  },
);
