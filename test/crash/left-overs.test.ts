import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Caller, newId } from "@graft/api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openLog } from "../../apps/server/src/http/observe/log.ts";
import { Upkeep } from "../../apps/server/src/serve/upkeep.ts";
import { temporaryFolder } from "../cli/run-graft.ts";
import { bundledReader } from "../server/datasets/bundled-reader.ts";
import { type OpenedDatasets, openDatasets, pieces, sha256 } from "../server/datasets/open-datasets.ts";
import { noise } from "../server/datasets/pictures.ts";
import { openPredictor } from "../server/open-predictor.ts";

const program = await bundledReader();
let opened: OpenedDatasets;
let ada: Caller;
let dataset = "";
beforeAll(async () => {
  opened = await openDatasets({ program });
  ada = await opened.person();
  const made = await opened.services.datasets.create(ada, { name: "pets", classes: [], known: null });
  dataset = made.dataset.id;
});
afterAll(() => opened[Symbol.asyncDispose]());

const named = (path: string, bytes: Uint8Array) => ({ path, hash: sha256(bytes), bytes: bytes.length });

const gone = async (path: string): Promise<void> => {
  while (existsSync(path)) await pause(20);
};

it("a kill right after a large file became a blob leaves nothing of it in the spool", async () => {
  const { uploads } = opened.services;
  const { id } = await uploads.create(ada, { dataset, class: null, labelsFrom: null });
  const bytes = new Uint8Array(randomBytes(6 * 2 ** 20));
  const hash = sha256(bytes);
  await uploads.plan(ada, id, [named("b.mp4", bytes)]);
  await uploads.receive(ada, id, hash, pieces(bytes));
  // as the kill leaves it: here, and in the spool still
  await opened.ports.spool.append(id, hash, pieces(bytes), { offset: 0, maxBytes: bytes.length });
  await uploads.finish(ada, id);
  expect(await opened.ports.spool.uploads()).not.toContain(id);
});

it("a kill right after an import's end leaves neither its folder nor rows of its files", async () => {
  const files = await noise(["cats"], 1, 90);
  const { id } = await opened.bring(ada, dataset, files);
  const [bytes = new Uint8Array()] = Object.values(files);
  const left = join(opened.home, "server/import", id);
  await mkdir(left, { recursive: true });
  const { uploads } = opened.repository;
  await uploads.addFiles(id, [{ ...named("1.png", bytes), upload: id, isHere: false }]);
  // its job goes back into the line at the next start
  const job = newId();
  await opened.jobs.submit({ id: job, kind: "import", subject: id, owner: "ada" });
  while ((await opened.jobs.get(job))?.state !== "done") await pause(20);
  expect(existsSync(left)).toBe(false);
  expect((await uploads.files(id, { limit: 9 })).items).toEqual([]);
  expect((await opened.services.uploads.get(ada, id)).state).toBe("done");
});

it("a start removes the folders of imports that nobody goes on with", async () => {
  const left = join(opened.home, "server/import", newId());
  await mkdir(left, { recursive: true });
  const { services, repository, home } = opened;
  const log = openLog({ level: "silent", hide: (text) => text });
  await using upkeep = new Upkeep({ services, repository, home, isAlone: true, log });
  await upkeep.start();
  await gone(left);
});

it("a start removes an export that a kill cut off, before anybody asks for another one", async () => {
  const folder = join(await temporaryFolder("left"), "exports");
  await mkdir(join(folder, "export-a"), { recursive: true });
  await writeFile(join(folder, "export-a/model.onnx"), "half");
  await using _ = await openPredictor({ folder });
  await gone(join(folder, "export-a"));
});
