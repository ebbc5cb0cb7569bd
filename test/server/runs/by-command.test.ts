import { createHash } from "node:crypto";
import { join } from "node:path";
import type { TrainEvent } from "@graft/core";
import { expect, it, vi } from "vitest";
import { LocalWorkers } from "../../../apps/server/src/workers/local-workers.ts";
import { graft, jsonLines, temporaryFolder } from "../../cli/run-graft.ts";
import { openTestStore } from "../open-store.ts";
import { CONFIG, copyEmoji, FLAGS, lossesOf, modelHash } from "../workers/host.ts";
import { addFolder, dataOf, keptOn, modelBytes, newCaller, openServer } from "./open-runs.ts";

it("a run of a server's own process of a worker has the numbers of the command, to the last bit", async () => {
  const folder = await temporaryFolder("by-command");
  const set = join(folder, "emoji");
  await copyEmoji(set, 12);
  const home = join(folder, "home");
  const { code, stdout, stderr } = await graft(["train", set, ...FLAGS, "--json"], home);
  if (code !== 0) throw new Error(stderr);
  const commanded = jsonLines(stdout);

  await using kept = await keptOn(await openTestStore("pglite"));
  await using server = await openServer(kept);
  const anna = await newCaller(kept);
  const { id: dataset } = await addFolder(kept, anna, set);
  const lines: string[] = [];
  // pictures that lie in a folder are read there, and not asked for
  const asked: string[] = [];
  const open = server.workspace.openDataset.bind(server.workspace);
  vi.spyOn(server.workspace, "openDataset").mockImplementation(async (...given) => {
    const opened = await open(...given);
    return {
      ...opened,
      read: (image) => {
        asked.push(image.path);
        return opened.read(image);
      },
    };
  });
  // nor do weights and features cross
  const weights = vi.spyOn(server.workspace, "loadWeights");
  const features = vi.spyOn(server.workspace, "features");
  await using _workers = new LocalWorkers({
    ...{ count: 1, home: kept.home, env: process.env, jobs: server.jobs, clock: Date.now, version: "test" },
    ...{
      blobs: kept.blobs.name,
      sharesHome: true,
      cache: "here",
      workers: kept.repository.workers,
      workspace: server.workspace,
      train: server.handler.handle,
    },
    log: {
      error: (error) => lines.push(String(error)),
      worker: (_name, line) => lines.push(line),
    },
  });
  const { id } = await server.as(anna).runs.create({ dataset, config: CONFIG });
  const events: TrainEvent[] = [];
  for await (const sent of await server.as(anna).runs.events({ run: id })) events.push(dataOf(sent));
  expect({ end: events.at(-1), lines, asked }).toMatchObject({
    ...{ end: { status: "completed" }, lines: [], asked: [] },
  });
  expect([weights.mock.calls, features.mock.calls]).toEqual([[], []]);
  expect(lossesOf(events)).toEqual(lossesOf(commanded));
  const bytes = await modelBytes(kept.folderOf(id));
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(
    await modelHash(home, String(commanded.at(-1)?.run)),
  );
  // what the command shows at its end is what the server counts from stored answers
  const result = await server.as(anna).runs.result({ run: id });
  expect(result.images).toBe(4);
  expect(result.accuracy).toBeCloseTo(Number(Object(commanded.at(-1)?.metrics).valAccuracy), 6);
});
