import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createOnnxBackend } from "@graft/backend-select";
import { createReferenceBackend } from "@graft/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { expectClose } from "../contract/close.ts";
import { openBrowser, type TestBrowser, type TestWorker, whyNoBrowser } from "./open-browser.ts";
import { runTrunk, trainHead } from "./problems.ts";

const WORKER = join(import.meta.dirname, "engines-worker.ts");
const absent = whyNoBrowser();

const Facts = z.object({
  id: z.string(),
  kind: z.string(),
  device: z.looseObject({
    name: z.string(),
    threads: z.int().exactOptional(),
    software: z.boolean().exactOptional(),
    notes: z.array(z.string()).exactOptional(),
  }),
});
const Selected = Facts.extend({ refusals: z.array(z.looseObject({ id: z.string(), reason: z.string() })) });
const Numbers = z.instanceof(Float32Array);
const Head = z.object({
  losses: z.array(z.number()),
  parameters: z.array(z.tuple([z.string(), Numbers])),
  kernels: z.object({ shared: z.int(), unshared: z.int() }),
});

let browser: TestBrowser;
let expected: { trunk: Awaited<ReturnType<typeof runTrunk>>; head: Awaited<ReturnType<typeof trainHead>> };
beforeAll(async () => {
  if (absent !== undefined) return;
  browser = await openBrowser();
  await using node = await createOnnxBackend({ provider: "cpu", threads: 1 });
  expected = { trunk: await runTrunk(createReferenceBackend()), head: await trainHead(node) };
});
afterAll(() => browser?.[Symbol.asyncDispose]());

/** What every engine must do in a page: pass the self-check, and give the numbers that Node gives. */
async function expectRight(worker: TestWorker, tolerance: number) {
  expect(await worker.call("selfCheck"), worker.log.join("\n")).toBeUndefined();
  expectClose(Numbers.parse(await worker.call("trunk")), expected.trunk, tolerance);
  const head = Head.parse(await worker.call("head"));
  expectClose(head.losses, expected.head.losses, tolerance);
  expect(head.parameters.map(([name]) => name)).toEqual([...expected.head.parameters.keys()]);
  // Adam divides by the root of its second slot, which is as good as zero where a feature was
  for (const [name, values] of head.parameters)
    expectClose(values, expected.head.parameters.get(name), 10 * tolerance);
  return head.kernels;
}

describe.skipIf(absent)(`in a page's worker${absent === undefined ? "" : ` (skipped: ${absent})`}`, () => {
  it.each([
    { isolated: true, threads: 1 },
    { isolated: true, threads: 2 },
    { isolated: false, threads: 2 },
  ])("ONNX Runtime Web computes and trains right: %o", async ({ isolated, threads }) => {
    await using worker = await browser.openWorker(WORKER, { isolated });
    expect(await worker.call("isIsolated")).toBe(isolated);
    const { id, kind, device } = Facts.parse(await worker.call("open", { engine: "onnx:wasm", threads }));
    expect({ id, kind, threads: device.threads }).toEqual({
      id: "onnx:wasm",
      kind: "wasm",
      threads: isolated ? threads : 1,
    });
    // what makes it slower is said
    expect(device.notes ?? []).toEqual(
      isolated ? [] : [expect.stringContaining("not cross-origin isolated")],
    );
    const kernels = await expectRight(worker, 1e-5);
    // and the kernels of ours are there all the same
    expect({ shared: kernels.shared > 0, unshared: kernels.unshared > 0 }).toEqual({
      shared: isolated,
      unshared: !isolated,
    });
  });

  it("ONNX Runtime Web computes and trains right on the page's own thread too", async () => {
    await using worker = await browser.openWorker(WORKER, { thread: "page" });
    const { device } = Facts.parse(await worker.call("open", { engine: "onnx:wasm", threads: 2 }));
    expect(device).toMatchObject({ threads: 2, notes: [expect.stringContaining("the page's own thread")] });
    const kernels = await expectRight(worker, 1e-5);
    expect(kernels.shared).toBeGreaterThan(0);
  });

  it("ONNX Runtime Web takes as many threads as are faster than one, and says why it takes no more", async () => {
    await using worker = await browser.openWorker(WORKER);
    const { device } = Facts.parse(await worker.call("open", { engine: "onnx:wasm" }));
    const most = Math.min(8, availableParallelism());
    expect([1, most]).toContain(device.threads);
    const isHeldBack = device.threads === 1 && most > 1;
    expect(device.notes ?? []).toEqual(
      isHeldBack ? [expect.stringMatching(/took .* ms for what one did/)] : [],
    );
  });

  it("ONNX Runtime Web takes one thread where the page's policy forbids workers of ours, and says so", async () => {
    const policy = "worker-src 'self'";
    await using worker = await browser.openWorker(WORKER, { policy });
    const { device } = Facts.parse(await worker.call("open", { engine: "onnx:wasm", threads: 2 }));
    expect(device).toMatchObject({
      threads: 1,
      notes: [expect.stringMatching(/^One thread does all the work\. .*did not start/)],
    });
    const kernels = await expectRight(worker, 1e-5);
    expect(kernels.shared).toBeGreaterThan(0);
  });

  it("ONNX Runtime Web multiplies 8-bit numbers right", async () => {
    await using worker = await browser.openWorker(WORKER);
    await worker.call("open", { engine: "onnx:wasm", threads: 1 });
    expect(await worker.call("checkInt8")).toEqual({ timesFaster: expect.any(Number) });
  });

  it.each([true, false])("tfjs on WebAssembly computes and trains right (isolated: %s)", async (isolated) => {
    await using worker = await browser.openWorker(WORKER, { isolated });
    const { device } = Facts.parse(await worker.call("open", { engine: "tfjs:wasm" }));
    expect(device.name).toMatch(/^WebAssembly with SIMD, \d+ thread/);
    await expectRight(worker, 1e-5);
  });

  it("tfjs on a software WebGPU computes and trains right", async () => {
    await using worker = await browser.openWorker(WORKER);
    const { device } = Facts.parse(await worker.call("open", { engine: "tfjs:webgpu" }));
    expect(device).toMatchObject({ software: true, engine: "tfjs" });
    await expectRight(worker, 3e-5);
  });
});

describe.skipIf(absent)(`the choice in a page's worker${absent === undefined ? "" : " (skipped)"}`, () => {
  it("is the faster engine on WebAssembly, measured once; the reasons say why no other", async () => {
    await using worker = await browser.openWorker(WORKER);
    const first = Selected.parse(await worker.call("select", {}));
    expect(first.kind).toBe("wasm");
    expect(first.refusals.map(({ id }) => id).toSorted()).toEqual(
      ["tfjs:webgpu", first.id === "onnx:wasm" ? "tfjs:wasm" : "onnx:wasm"].toSorted(),
    );
    const reasons = new Map(first.refusals.map(({ id, reason }) => [id, reason]));
    // Chromium has an adapter here, but one that only imitates a GPU
    expect(reasons.get("tfjs:webgpu")).toMatch(/software one/);
    expect([...reasons.values()].at(-1)).toMatch(/slower here than .* ms against .* ms/);
    await worker.call("dispose");
    const again = Selected.parse(await worker.call("select", {}));
    expect(again.id).toBe(first.id);
    expect(again.refusals.at(-1)).toEqual(first.refusals.at(-1)); // the same times: nothing was measured anew
  });

  it("takes a software WebGPU when it is asked for and allowed, and never anything in its place", async () => {
    await using worker = await browser.openWorker(WORKER);
    expect(await worker.call("select", { backend: "webgpu" })).toMatchObject({
      code: "backend",
      message: expect.stringMatching(/webgpu cannot be used.*software one.*graft uses nothing else/s),
    });
    const selected = Selected.parse(await worker.call("select", { backend: "webgpu", allowSoftware: true }));
    expect([selected.id, selected.refusals]).toEqual(["tfjs:webgpu", []]);
    expect(await worker.call("select", { backend: "cuda" })).toMatchObject({ code: "bad-input" });
  });
});
