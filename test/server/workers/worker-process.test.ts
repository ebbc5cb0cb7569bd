import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROTOCOL_VERSION, type TrainEvent, type WorkEnd } from "@graft/core";
import { describe, expect, it } from "vitest";
import { WorkerProcess } from "../../../apps/server/src/workers/worker-process.ts";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { hostOfMemory, TRAIN } from "../../protocol/made-up-worker.ts";

const READY = `process.send(${JSON.stringify({ v: PROTOCOL_VERSION, type: "ready" })});`;

describe("a worker's process", () => {
  /** A child that does what a line of JavaScript says. */
  async function started(
    script: string,
  ): Promise<{ readonly worker: WorkerProcess; readonly lines: readonly string[]; readonly path: string }> {
    const path = join(await temporaryFolder("worker-process"), "child.mjs");
    await writeFile(path, script);
    const lines: string[] = [];
    const worker = new WorkerProcess({
      ...{ workspace: hostOfMemory(), child: { home: "", version: "test" }, env: process.env },
      ...{ onLog: (line) => lines.push(line), program: { path, execArgv: [] } },
    });
    return { worker, lines, path };
  }
  const endOf = async (events: AsyncGenerator<TrainEvent, WorkEnd>): Promise<WorkEnd> => {
    let next = await events.next();
    while (!next.done) next = await events.next();
    return next.value;
  };

  it("is not given work before it is up, and is started again when it dies of its start", async () => {
    const { worker, lines, path } = await started("process.exit(3)");
    let isUp = false;
    const host = worker.host().then((up) => {
      isUp = true;
      return up;
    });
    await expect.poll(() => lines.length, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(lines).toContain("The worker ended by itself: exit code 3.");
    expect(isUp).toBe(false);
    await writeFile(path, `${READY} process.on("message", () => process.exit(4));`);
    await host;
    expect(worker.pid).toBeGreaterThan(0);
    // its first command ends it
    expect(await endOf((await host).work(TRAIN))).toMatchObject({
      status: "interrupted",
      error: { code: "backend" },
    });
    expect(await worker.host()).not.toBe(await host);
    await worker.close(0);
  });

  it("is killed when it does not end in time, up or not", async () => {
    for (const script of ["setInterval(() => {}, 1000);", `${READY} setInterval(() => {}, 1000);`]) {
      const { worker } = await started(script);
      const host = worker.host().catch((error: unknown) => error);
      await expect.poll(() => worker.pid).toBeGreaterThan(0);
      await worker.close(100);
      expect(worker.pid).toBeUndefined();
      await host;
      await expect(worker.host()).rejects.toMatchObject({ code: "cancelled" });
    }
  });

  it("writes lines that are told", async () => {
    const { worker, lines } = await started(`console.log("one"); console.error("two"); ${READY}`);
    await worker.host();
    await expect.poll(() => lines.toSorted()).toEqual(expect.arrayContaining(["one", "two"]));
    await worker.close(1000);
  });
});
