import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BlobKeeper, type Caller, checkBlobs, FREEABLE_HOST_KINDS, newId } from "@graft/api";
import { cacheFolders, openFeatureStore } from "@graft/core/node";
import { expect, it } from "vitest";
import { RunDigests } from "../../packages/api/src/runs/digests.ts";
import { RunEvents } from "../../packages/api/src/runs/run-events.ts";
import { StorageService } from "../../packages/api/src/system/storage-service.ts";
import { FREEABLE_KINDS, STORAGE_KINDS } from "../../packages/api/src/system/storage-words.ts";
import { keyOf, rowOf, spaceOf } from "../features/rows.ts";
import { exampleData, newAccount, signedIn } from "./example-data.ts";
import { describeServices, type TestServices } from "./open-services.ts";

const HOUR_MS = 3_600_000;
const WEIGHTS = "weights/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5";
/** Files in a home, each of so many bytes. */
const FILES = {
  ...{ [WEIGHTS]: 100, "weights/url-0123/mine.h5": 10 },
  ...{ "datasets/cats_and_dogs_filtered.zip": 200, "runs/x/run.json": 30 },
  ...{ "server/store.before-20260101T000000Z/PG_VERSION": 40, "server/spool/u/h": 50 },
} as const;
const NONE = { keepBytes: 0 };

describeServices("what takes room", (open) => {
  /** Example data, files in the home and features; `storage` is asked two hours later. */
  async function prepared(test: TestServices) {
    const { ports, services, home } = test;
    const owner = await newAccount(test, "member");
    const ids = await exampleData(test, owner);
    for (const [path, bytes] of Object.entries(FILES)) {
      await mkdir(dirname(join(home, path)), { recursive: true });
      await writeFile(join(home, path), new Uint8Array(bytes));
    }
    const features = await openFeatureStore({ folder: cacheFolders(home).features });
    const rows = Array.from({ length: 6 }, (_, at) => ({ key: keyOf(at), row: rowOf(at, 10) }));
    await features.putMany(spaceOf(150), rows);
    await features.putMany(spaceOf(75), rows.slice(0, 3));
    const caller: Caller = {
      identity: await signedIn(test, await newAccount(test, "admin")),
      from: "192.0.2.1",
      request: "r",
    };
    const later = { ...ports, clock: () => Date.now() + 2 * HOUR_MS };
    const storage = new StorageService({
      ...{ ports: later, keeper: new BlobKeeper(later), audit: services.audit },
      digests: new RunDigests(new RunEvents(ports.repository.runs)),
    });
    const files = async (run: string, paths: readonly string[]): Promise<void> => {
      for (const path of paths)
        await test.folderOf(run).replace(path, [new TextEncoder().encode(path + run)]);
    };
    await files(ids.$run, ["exports/onnx/model.onnx", "exports/onnx/export.json", "checkpoints/1"]);
    await files(ids.$stopped, ["checkpoints/1", "checkpoints/2"]);
    await ports.blobs.put(new TextEncoder().encode("of nobody"));
    const kinds = async (of: Pick<StorageService, "rooms"> = storage) =>
      new Map((await of.rooms()).kinds.map((one) => [one.kind, one] as const));
    return { ids, owner, caller, features, storage, kinds };
  }

  it("is told of every kind: how much of it there is, how much can go, and what comes of that", async () => {
    await using test = await open();
    const { kinds, features } = await prepared(test);
    await using _ = features;
    const all = await kinds();
    expect([...all.keys()]).toEqual([...STORAGE_KINDS]);
    for (const [kind, { bytes, count, freeableBytes, what, goes }] of all) {
      expect([kind, bytes >= freeableBytes, count === null || count >= 0]).toEqual([kind, true, true]);
      expect(what).not.toBe("");
      expect(goes).not.toBe("");
      if (!FREEABLE_KINDS.some((one) => one === kind)) expect([kind, freeableBytes]).toEqual([kind, 0]);
    }
    expect(all.get("picture")).toMatchObject({ count: 9 });
    expect(all.get("thumbnail")?.bytes).toBeGreaterThan(0);
    expect(all.get("model")?.bytes).toBeGreaterThan(1e5);
    expect(all.get("upload")).toMatchObject({ count: 1 });
    expect(all.get("checkpoint")).toMatchObject({ count: 2 });
    expect(all.get("evaluation")).toMatchObject({ count: 2 });
    expect(all.get("run")?.count).toBeGreaterThan(0);
    expect(all.get("rows")?.bytes).toBeGreaterThan(10_000);
    for (const [kind, count] of [
      ...([
        ["old-checkpoint", 1],
        ["export", 2],
        ["unnamed", 1],
        ["features", 9],
      ] as const),
    ]) {
      const room = all.get(kind);
      expect([kind, room?.count, room?.freeableBytes]).toEqual([kind, count, room?.bytes]);
      expect(room?.bytes).toBeGreaterThan(0);
    }
    // runs wait in the example data: they may need these
    expect(all.get("weights")).toMatchObject({ bytes: 110, count: 2, freeableBytes: 0 });
    expect(all.get("known-sets")).toMatchObject({ bytes: 200, freeableBytes: 200 });
    expect(all.get("old-rows")).toMatchObject({ bytes: 40, count: 1, freeableBytes: 40 });
    expect(all.get("home-runs")).toMatchObject({ bytes: 30, count: 1 });
    expect(all.get("passing")?.bytes).toBeGreaterThanOrEqual(50);
  });

  it("goes where it is asked for, and nothing else does: no picture, model or point that a run goes on from", async () => {
    await using test = await open();
    const { ids, owner, kinds, features, storage, caller } = await prepared(test);
    await using _ = features;
    const before = await kinds();
    const one = await storage.free(caller, { kinds: ["export"], ...NONE });
    expect(one).toEqual([{ kind: "export", count: 2, bytes: before.get("export")?.bytes }]);
    expect((await kinds()).get("features")).toEqual(before.get("features"));
    // nobody waits for weights then
    await test.services.runs.stop(
      { identity: await signedIn(test, owner), from: null, request: "r" },
      ids.$waiting,
      "cancel",
    );
    for (const { id } of (await test.ports.repository.searches.page({ limit: 50 })).items)
      await test.ports.repository.searches.update(id, { state: "cancelled" });
    const freed = await storage.free(caller, { kinds: FREEABLE_KINDS, ...NONE });
    expect(new Map(freed.map(({ kind, bytes }) => [kind, bytes]))).toEqual(
      new Map(
        FREEABLE_KINDS.map((kind) => [
          kind,
          kind === "export" ? 0 : kind === "weights" ? 100 : before.get(kind)?.bytes,
        ]),
      ),
    );
    const after = await kinds();
    for (const kind of FREEABLE_KINDS)
      expect([kind, after.get(kind)?.bytes]).toEqual([kind, kind === "weights" ? 10 : 0]);
    for (const kind of [
      "picture",
      "thumbnail",
      "model",
      "checkpoint",
      "upload",
      "evaluation",
      "run",
      "home-runs",
    ] as const)
      expect([kind, after.get(kind)?.bytes]).toEqual([kind, before.get(kind)?.bytes]);
    expect(await checkBlobs(test.ports)).toEqual([]);
    const { items } = await test.ports.repository.audit.page({ limit: 1 });
    const bytes = freed.reduce((sum, gone) => sum + gone.bytes, 0);
    expect(items).toMatchObject([
      { what: "storage-freed", from: "192.0.2.1", facts: { kinds: [...FREEABLE_KINDS], bytes } },
    ]);
  });

  it("stays while it is in use, or was made within the hour; of features so much as is wished, used last", async () => {
    await using test = await open();
    const { kinds, features, storage, caller } = await prepared(test);
    await using _ = features;
    const before = await kinds();
    // what is asked now finds all of it new
    const now = test.services.storage;
    const young = await kinds(now);
    for (const kind of ["export", "unnamed", "old-checkpoint"] as const) {
      expect(young.get(kind)?.goes).toContain("less than an hour old");
      expect(await now.free(caller, { kinds: [kind], ...NONE })).toEqual([{ kind, bytes: 0, count: 0 }]);
    }
    // a run waits, so that its weights are no kind to free
    expect(await storage.free(caller, { kinds: ["weights"], ...NONE })).toEqual([]);
    expect((await kinds()).get("weights")?.bytes).toBe(110);
    // an import of a known set waits
    const upload = { dataset: (await test.ports.repository.datasets.page({ limit: 1 })).items[0]?.id ?? "" };
    await test.ports.repository.uploads.create({
      ...{ ...upload, id: newId(), account: caller.identity.account.id, createdAt: 1, heardAt: Date.now() },
      ...{ state: "queued", class: null, labelsFrom: null, labelTable: null, known: "cats-and-dogs" },
      ...{ progress: null, result: null, error: null },
    });
    expect(await storage.free(caller, { kinds: ["known-sets"], ...NONE })).toEqual([]);
    expect((await kinds()).get("known-sets")).toMatchObject({ bytes: 200, freeableBytes: 0 });

    const lease = await features.lease(spaceOf(75));
    const held = (await kinds()).get("features");
    expect(held?.freeableBytes).toBeGreaterThan(0);
    expect(held?.freeableBytes).toBeLessThan(held?.bytes ?? 0);
    expect(held?.goes).toContain("What is in use stays.");
    const keepBytes = before.get("features")?.bytes ?? 0;
    expect(await storage.free(caller, { kinds: ["features"], keepBytes })).toEqual([
      { kind: "features", bytes: 0, count: 0 },
    ]);
    const [freed] = await storage.free(caller, { kinds: ["features"], ...NONE });
    expect(freed).toEqual({ kind: "features", bytes: held?.freeableBytes, count: 6 });
    await lease[Symbol.asyncDispose]();
    expect((await kinds()).get("features")).toMatchObject({ count: 3 });
    expect(await features.hasMany(spaceOf(75), [keyOf(0)])).toEqual([true]);
    expect(FREEABLE_HOST_KINDS).toContain("features");
  });
});
