import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Caller, newId, type WorkerRow } from "@graft/api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hostHealth } from "../../apps/server/src/serve/host-health.ts";
import { Doctor } from "../../packages/api/src/system/doctor.ts";
import { sampleAccount } from "./contract/sample-rows.ts";
import { openTestStore } from "./open-store.ts";
import { type Kept, keptOn, newCaller, openServer, type TestServer } from "./runs/open-runs.ts";

let kept: Kept;
let server: TestServer;
let member: Caller;
let admin: Caller;
let doctor: Doctor;

beforeAll(async () => {
  kept = await keptOn(await openTestStore("pglite"));
  server = await openServer(kept);
  member = await newCaller(kept);
  const account = sampleAccount({ role: "admin" });
  await kept.repository.accounts.create(account);
  const token = { id: newId(), name: "laptop", role: "admin", scope: {}, endsAt: null } as const;
  admin = { identity: { account, token }, from: null, request: "r" };
  const { repository, blobs, home } = kept;
  const { keeper, queue } = server.services;
  const places = { home, store: kept.store.name, blobs: join(home, "blobs") };
  const ports = { repository, blobs, jobs: server.jobs, clock: Date.now, version: "0.1.0" };
  doctor = new Doctor({ ...ports, host: hostHealth({ ...places, env: process.env }) }, { keeper, queue });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await kept[Symbol.asyncDispose]();
});

const isWell = ({ checks }: Awaited<ReturnType<Doctor["examine"]>>) =>
  Object.fromEntries(checks.map(({ what, isOk }) => [what, isOk]));

it("says of each part whether it is well, why not and what to do; places and reasons to an admin alone", async () => {
  const seen = await doctor.examine(admin);
  // nobody claims jobs here
  const others = { store: true, blobs: true, queue: true, disk: true, engines: true };
  expect(isWell(seen)).toEqual({ ...others, workers: false });
  expect(seen.isOk).toBe(false);
  expect(seen.checks.find(({ what }) => what === "workers")?.fix).toContain("graft worker");
  expect(seen.host).toMatchObject({ home: kept.home, runtime: `Node ${process.version}` });
  expect(seen.engines.find(({ id }) => id === "onnx:cpu")).toMatchObject({ isUsable: true });
  const [taken] = seen.engines.filter(({ isUsable, isAutomatic }) => isUsable && isAutomatic);
  expect(taken?.int8).not.toBeNull();

  const shown = await doctor.examine(member);
  expect(isWell(shown)).toEqual(isWell(seen));
  expect(shown.host).toBeNull();
  expect(shown.engines.length).toBeGreaterThan(0);
  expect(shown.engines.every(({ isUsable }) => isUsable)).toBe(true);
  expect(JSON.stringify(shown)).not.toContain(kept.home);
});

it("tells workers that start, and that were sent away, from those that train", async () => {
  const { workers } = kept.repository;
  const row: WorkerRow = {
    ...{ id: newId(), name: "lab-3", version: "0.0.9", kind: "remote", threads: 0, owner: null },
    ...{ backends: [], names: [], groups: [], state: "refused", job: null },
    ...{ startedAt: Date.now(), heardAt: Date.now() },
  };
  const found = async () => (await doctor.examine(admin)).checks.find(({ what }) => what === "workers");
  await workers.put(row);
  expect(await found()).toMatchObject({
    ...{ isOk: false, said: expect.stringMatching(/Nobody trains.* lab-3 was sent away.* 0\.0\.9 /) },
  });
  const starting: WorkerRow = { ...row, id: newId(), name: "worker 1", kind: "local", state: "starting" };
  await workers.put(starting);
  expect(await found()).toMatchObject({ isOk: true, said: expect.stringContaining("1 start") });
  for (const { id } of [row, starting]) await workers.remove(id);
});

it("leaves nothing of its tries behind, and finds blobs that cannot be written", async () => {
  const all = [];
  for await (const page of kept.blobs.list()) all.push(page);
  expect(all).toEqual([]);
  await rm(join(kept.home, "blobs"), { recursive: true });
  await writeFile(join(kept.home, "blobs"), "no folder");
  const seen = await doctor.examine(admin);
  expect(isWell(seen)).toMatchObject({ store: true, blobs: false });
  const found = seen.checks.find(({ what }) => what === "blobs");
  expect(found?.said).not.toBe("");
  expect(found?.fix).not.toBeNull();
  const shown = await doctor.examine(member);
  expect(shown.checks.find(({ what }) => what === "blobs")).toMatchObject({
    ...{ isOk: false, said: "This does not work now.", fix: "Tell who runs the server." },
  });
  expect(JSON.stringify(shown)).not.toContain(kept.home);
});
