import { existsSync, readlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  CoreError,
  computeFeaturesJob,
  featuresDescriptionText,
  npyPieces,
  parseNpy,
  parseTrainConfig,
} from "@graft/core";
import { cacheFolders, pruneCache } from "@graft/core/node";
import { afterAll, describe, expect, it } from "vitest";
import { LocalWorkers } from "../../../apps/server/src/workers/local-workers.ts";
import { RemoteWorkers } from "../../../apps/server/src/workers/remote/remote-workers.ts";
import { workForServer } from "../../../apps/server/src/workers/remote/work-for-server.ts";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { addFolder, newCaller } from "../runs/open-runs.ts";
import { homeWorkspace } from "../workers/host.ts";
import { serveWorkers } from "../workers/workers-server.ts";
import { openSearches } from "./open-searches.ts";

const PER_CLASS = 20;
const CONFIG = { weights: "bundled", backend: "cpu", size: 75, cut: "mixed0" } as const;

const searches = await openSearches(PER_CLASS);
afterAll(() => searches[Symbol.asyncDispose]());
const { kept, server, dataset, set, api, followed, caller: anna } = searches;

describe("features of a data set", () => {
  const files = () => server.services.searchFeatures;

  async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const all: Uint8Array[] = [];
    for await (const piece of pieces) all.push(piece);
    return new Uint8Array(Buffer.concat(all));
  }
  async function brought(search: string, caller = anna) {
    await using table = await files().openTable(caller, search);
    const described = await files().openDescription(caller, search);
    const npy = await joined(await table.stream());
    const text = new TextDecoder().decode(await joined(await described.stream()));
    expect(npy.length).toBe(table.bytes);
    return { npy, text };
  }
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => "ok",
      (error: unknown) => {
        const told = error instanceof CoreError ? error : Object(error).cause;
        return told instanceof CoreError ? told.code : error;
      },
    );

  it("of a machine whose numbers may differ are brought as it computed them, from a space of its own", async () => {
    const troubles: unknown[] = [];
    const remote = new RemoteWorkers({
      ...{ jobs: server.jobs, workers: kept.repository.workers, workspace: server.workspace },
      ...{ train: server.handler.handle, clock: Date.now, version: "test", cache: "here" },
      ownProofs: async () => ({ "onnx:cpu": "1".repeat(64) }),
      log: { error: (error) => troubles.push(error), worker: () => undefined },
    });
    await using port = await serveWorkers(() => remote);
    const controller = new AbortController();
    const worked = workForServer({
      ...{ server: port.url, token: port.token, version: "test", home: kept.home, env: process.env },
      ...{ signal: controller.signal, onLog: () => undefined, name: "attic" },
      backends: {
        ...{ ids: ["onnx:cpu"], names: ["onnx:cpu", "cpu"], proofs: { "onnx:cpu": "0".repeat(64) } },
      },
    });
    const asked = await api().features({ dataset: dataset.id, config: CONFIG });
    expect(await followed(asked.id)).toBe("completed");
    controller.abort();
    await worked;
    await remote.close(1000);
    expect(troubles).toEqual([]);
    const { result } = (await kept.repository.searches.get(asked.id)) ?? {};
    if (result?.kind !== "features") throw new TypeError("features were asked for");
    expect(result.features.space.engineVersion).toMatch(/ \(0{16}\)$/);
    const { shape } = parseNpy((await brought(asked.id)).npy);
    expect(shape).toEqual([2 * PER_CLASS, ...result.features.rowShape]);
  });

  it.each(["avg", "none"] as const)(
    "are the files of the command, byte for byte, pool %s, after a worker that was killed, too",
    async (pool) => {
      const asked = await api().features({ dataset: dataset.id, config: CONFIG, pool });
      expect(asked).toMatchObject({ state: "queued", kind: "features", pool, features: null });
      expect(await codeOf(files().openTable(anna, asked.id))).toBe("conflict");
      const worker = server.work();
      let kills = 0;
      const end = await followed(asked.id, () => {
        if (pool === "none") return;
        kills++;
        worker.kill();
      });
      expect([end, kills]).toEqual(["completed", pool === "avg" ? 1 : 0]);

      await using workspace = homeWorkspace(await temporaryFolder("features-home"));
      const here = await computeFeaturesJob(workspace, {
        ...{ source: set, config: parseTrainConfig(CONFIG), pool },
      });
      const { npy, text } = await brought(asked.id);
      expect(text).toBe(featuresDescriptionText(here.description));
      expect(Buffer.from(npy).equals(await joined(npyPieces(here.table)))).toBe(true);
      const view = await api().get({ search: asked.id });
      expect(view.features).toMatchObject({ shape: parseNpy(npy).shape, backend: here.description.backend });
      expect(view.features?.shape[0]).toBe(2 * PER_CLASS);
    },
  );

  it("are computed again by a server's own child, which keeps them itself, when they are gone", async () => {
    const troubles: unknown[] = [];
    await using _workers = new LocalWorkers({
      ...{ count: 1, home: kept.home, sharesHome: true, env: process.env, cache: "here" },
      ...{ jobs: server.jobs, workers: kept.repository.workers, workspace: server.workspace },
      ...{ train: server.handler.handle, clock: Date.now, version: "test" },
      log: { error: (error) => troubles.push(error), worker: () => undefined },
    });
    const computed = async (): Promise<string> => {
      const { id } = await api().features({ dataset: dataset.id, config: { ...CONFIG, cut: "mixed1" } });
      expect(await followed(id)).toBe("completed");
      return id;
    };
    const first = await computed();
    const { npy } = await brought(first);
    const [picture] = (await server.as(anna).images.list({ dataset: dataset.id, limit: 1 })).items;
    await server.features.forget(new Set([picture?.hash ?? ""]));
    expect(await codeOf(files().openTable(anna, first))).toBe("conflict");
    expect((await brought(await computed())).npy).toEqual(npy);
    await pruneCache(cacheFolders(kept.home), { maxBytes: 0 });
    expect((await brought(await computed())).npy).toEqual(npy);
    expect(troubles).toEqual([]);
    if (!existsSync("/proc/self/fd")) return;
    // what was given up takes no room any more
    await server.features.look();
    const held = (await readdir("/proc/self/fd")).map((fd) => {
      try {
        return readlinkSync(join("/proc/self/fd", fd));
      } catch {
        return "";
      }
    });
    expect(held.filter((path) => path.includes(".pack") && path.endsWith("(deleted)"))).toEqual([]);
  });

  it("are another owner's not at all, and no other search has them", async () => {
    const { id } = await api().features({ dataset: dataset.id, config: CONFIG });
    expect(await followed(id)).toBe("completed");
    const bob = await newCaller(kept);
    expect(await codeOf(files().openTable(bob, id))).toBe("not-found");
    expect(await codeOf(files().openDescription(bob, id))).toBe("not-found");
    expect(await codeOf(api(bob).features({ dataset: dataset.id }))).toBe("not-found");
    const rate = await api().findRate({ dataset: dataset.id, config: { backend: "webgpu" } });
    expect(await codeOf(files().openTable(anna, rate.id))).toBe("conflict");
    await api().cancel({ search: rate.id });
    // nor is there anything to train with
    expect(await codeOf(api().train({ search: id }))).toBe("conflict");
  });

  it("say so when pictures of them are deleted, or a cache gave them up, and are computed again", async () => {
    const { id } = await api().features({ dataset: dataset.id, config: CONFIG });
    expect(await followed(id)).toBe("completed");
    const { npy } = await brought(id);
    const [picture] = (await server.as(anna).images.list({ dataset: dataset.id, limit: 1 })).items;
    await server.features.forget(new Set([picture?.hash ?? ""]));
    const refused = files().openTable(anna, id);
    await expect(refused).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`1 of ${2 * PER_CLASS} rows are missing`),
    });
    const again = await api().features({ dataset: dataset.id, config: CONFIG });
    expect(await followed(again.id)).toBe("completed");
    expect((await brought(again.id)).npy).toEqual(npy);
    // the same rows, so the first one has them again, too
    expect((await brought(id)).npy).toEqual(npy);
  });

  it("refuse options that they do not depend on, and take whatever has a picture", async () => {
    const ask = (config: Record<string, string | number>, of = dataset) =>
      codeOf(api().features({ dataset: of.id, config }));
    expect(await ask({ epochs: 3 })).toBe("bad-input");
    expect(await ask({ weights: "/etc/passwd" })).toBe("bad-input");
    expect(await ask({ size: 3 })).toBe("bad-input");
    const { dataset: empty } = await server.services.datasets.create(anna, {
      ...{ name: "empty", classes: ["a", "b"], known: null },
    });
    expect(await ask({}, empty)).toBe("bad-input");
    // a training needs two classes
    const oneClass = await addFolder(kept, anna, set);
    const [first] = await kept.repository.datasets.classes(oneClass.id);
    await server.as(anna).edits.switchClass({ dataset: oneClass.id, class: first?.id ?? "", isOff: true });
    expect(await codeOf(api().findRate({ dataset: oneClass.id }))).toBe("bad-input");
    const asked = await api().features({ dataset: oneClass.id, config: CONFIG });
    expect(await followed(asked.id)).toBe("completed");
    const { labels, images } = JSON.parse((await brought(asked.id)).text);
    expect([labels, images.length]).toEqual([["food"], PER_CLASS]);
    const key = { dataset: dataset.id, config: CONFIG, key: "once" };
    const [one, two] = await Promise.all([api().features(key), api().features(key)]);
    expect(two.id).toBe(one.id);
    expect(await followed(one.id)).toBe("completed");
  });
});
