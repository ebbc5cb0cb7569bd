import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreError, GraphBuilder } from "@graft/core";
import { createReferenceBackend, ReferenceBackend } from "@graft/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { probeAdapter } from "./adapter-probe-node.ts";
import { CANDIDATES, type NodeCandidate } from "./candidates-node.ts";
import { createOnnxBackend } from "./engines-node.ts";
import { whyNoGpu } from "./gpu-signs-node.ts";
import { probeBackends, selectBackend, selectFrom } from "./select-node.ts";
import type { BackendProbe } from "./types.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "graft-select-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** The process's environment without what would steer the choice. */
const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  const { GRAFT_BACKEND: _backend, GRAFT_ALLOW_SOFTWARE_GPU: _software, ...rest } = process.env;
  return { ...rest, ...more };
};
const adapter = await probeAdapter(process.env);
const software = "facts" in adapter && adapter.facts.software;

const candidate = (id: string, more: Partial<NodeCandidate>): NodeCandidate => ({
  id,
  kind: "cuda",
  automatic: true,
  absent: () => undefined,
  open: async () => createReferenceBackend(),
  ...more,
});
const opensNot = (reason: string) => async () => {
  throw new CoreError("backend", { what: reason });
};
/** A device that computes nothing but zeros in one op, and says when it was closed. */
class WrongBackend extends ReferenceBackend {
  closed = false;
  override async compile(...[graph]: Parameters<ReferenceBackend["compile"]>) {
    const nodes = graph.nodes.map((node) =>
      node.kind === "op" && node.op.op === "softmax" ? { ...node, op: { op: "relu" } as const } : node,
    );
    return super.compile({ ...graph, nodes });
  }
  override async dispose(): Promise<void> {
    this.closed = true;
    await super.dispose();
  }
}

describe("the order", () => {
  it("is cuda, webgpu, cpu, wasm; plain JavaScript is never taken by itself", () => {
    const order = CANDIDATES.filter(({ automatic }) => automatic).map(({ id }) => id);
    expect(order).toEqual([
      "tfjs:tensorflow-cuda",
      "onnx:cuda",
      "tfjs:webgpu",
      "onnx:webgpu",
      "onnx:cpu",
      "tfjs:tensorflow",
      "tfjs:wasm",
    ]);
    expect(CANDIDATES.filter(({ automatic }) => !automatic).map(({ id }) => id)).toEqual(["tfjs:cpu"]);
  });
});

describe("without a wish", () => {
  it.runIf(whyNoGpu())(
    "a machine without a GPU gets onnx:cpu, with the reason of each one before it",
    async () => {
      const { backend, refusals } = await selectBackend({
        home,
        env: env({ GRAFT_ALLOW_SOFTWARE_GPU: "1" }),
      });
      await using opened = backend;
      expect(opened.id).toBe("onnx:cpu");
      expect(refusals.map(({ id, kind }) => [id, kind])).toEqual([
        ["tfjs:tensorflow-cuda", "cuda"],
        ["onnx:cuda", "cuda"],
        ["tfjs:webgpu", "webgpu"],
        ["onnx:webgpu", "webgpu"],
      ]);
      for (const { reason } of refusals) expect(reason).toMatch(/not installed|no GPU|no NVIDIA GPU/);
      const builder = new GraphBuilder();
      builder.output("y", builder.scale(builder.input("x", []), 2, 1));
      const { y } = await (await opened.compile(builder.build())).run({
        x: { shape: [], data: Float32Array.of(3) },
      });
      expect([...(y?.data ?? [])]).toEqual([7]);
    },
  );

  it("goes on to the next when one does not open, or computes wrong; that one is closed", async () => {
    const wrong = new WrongBackend();
    const { backend, refusals } = await selectFrom(
      [
        candidate("a:gone", { open: opensNot("no such library") }),
        candidate("b:wrong", { open: async () => wrong }),
        candidate("c:absent", { absent: () => "no file", open: opensNot("it was loaded all the same") }),
        candidate("d:good", { kind: "cpu" }),
        candidate("e:never", { open: opensNot("it was opened without need") }),
      ],
      { home, env: env() },
    );
    expect(backend.id).toBe("reference:cpu");
    expect(refusals).toEqual([
      { id: "a:gone", kind: "cuda", reason: "no such library" },
      { id: "b:wrong", kind: "cuda", reason: expect.stringContaining("the op softmax gives wrong numbers") },
      { id: "c:absent", kind: "cuda", reason: "no file" },
    ]);
    expect(wrong.closed).toBe(true);
  });

  it("says every reason when nothing can be used", async () => {
    const none = [
      candidate("a:one", { open: opensNot("first reason") }),
      candidate("b:two", { absent: () => "second reason" }),
    ];
    await expect(selectFrom(none, { home, env: env() })).rejects.toMatchObject({
      code: "backend",
      message: expect.stringMatching(/a:one: first reason\n.*b:two: second reason/),
    });
  });
});

describe("a backend that is asked for", () => {
  it.each([["onnx:cpu"], ["tfjs:wasm"], ["tfjs:cpu"]])("%s by its id is it", async (id) => {
    const { backend, refusals } = await selectBackend({ backend: id, home, env: env() });
    expect([backend.id, refusals]).toEqual([id, []]);
    await backend.dispose();
  });

  it.each([
    ["cpu", "onnx:cpu"],
    ["wasm", "tfjs:wasm"],
  ])("%s by its kind is the first of it, %s", async (kind, id) => {
    const { backend } = await selectBackend({ backend: kind, home, env: env() });
    expect(backend.id).toBe(id);
    await backend.dispose();
  });

  it("comes from GRAFT_BACKEND when the caller says nothing", async () => {
    const { backend } = await selectBackend({ home, env: env({ GRAFT_BACKEND: "tfjs:cpu" }) });
    expect(backend.id).toBe("tfjs:cpu");
    await backend.dispose();
    const other = await selectBackend({ backend: "wasm", home, env: env({ GRAFT_BACKEND: "tfjs:cpu" }) });
    expect(other.backend.id).toBe("tfjs:wasm");
    await other.backend.dispose();
  });

  it.runIf(whyNoGpu())(
    "never falls back: cuda lists the reason of each of its engines, and what else there is",
    async () => {
      await expect(selectBackend({ backend: "cuda", home, env: env() })).rejects.toMatchObject({
        code: "backend",
        message: expect.stringMatching(
          /backend cuda cannot.*\n.*tfjs:tensorflow-cuda: .*not installed.*\n.*onnx:cuda: .*not installed.*graft uses nothing else.*onnx:cpu/,
        ),
        facts: { refusals: [{ id: "tfjs:tensorflow-cuda" }, { id: "onnx:cuda" }] },
      });
    },
  );

  it("tries every engine of its kind in order, and is not ruled out by the look of it", async () => {
    const all = [
      candidate("a:one", { open: opensNot("first reason") }),
      candidate("b:two", { absent: () => "it looks absent" }),
      candidate("c:three", { kind: "cpu" }),
    ];
    const { backend, refusals } = await selectFrom(all, { backend: "cuda", home, env: env() });
    expect(refusals.map(({ id }) => id)).toEqual(["a:one"]);
    await backend.dispose();
    await expect(selectFrom(all, { backend: "a:one", home, env: env() })).rejects.toThrow("first reason");
  });

  it("is refused when it computes wrong, with the op's name, and nothing takes its place", async () => {
    const all = [
      candidate("a:wrong", { open: async () => new WrongBackend() }),
      candidate("b:good", { kind: "cpu" }),
    ];
    await expect(selectFrom(all, { backend: "cuda", home, env: env() })).rejects.toThrow(
      /op softmax gives wrong/,
    );
  });

  it.each(["gpu", "onnx", "onnx:tpu", "CPU"])(
    "with the unknown name %s is an error that lists the known ones",
    async (name) => {
      await expect(selectBackend({ backend: name, home, env: env() })).rejects.toMatchObject({
        code: "bad-input",
        message: expect.stringMatching(
          new RegExp(`Received: ${name}.*cuda, webgpu, cpu, wasm.*onnx:cpu.*tfjs:wasm`),
        ),
      });
    },
  );
});

describe("a wish to stop", () => {
  it("ends the choice while a candidate opens, and closes what opens after that", async () => {
    const controller = new AbortController();
    const late = new WrongBackend();
    let finish: () => void = () => undefined;
    const slow = candidate("a:slow", {
      open: () =>
        new Promise((resolve) => {
          finish = () => resolve(late);
          controller.abort();
        }),
    });
    const next = candidate("b:next", { open: opensNot("it was opened after the wish") });
    await expect(
      selectFrom([slow, next], { home, env: env(), signal: controller.signal }),
    ).rejects.toMatchObject({ code: "cancelled" });
    finish();
    await expect.poll(() => late.closed).toBe(true);
  });

  it("ends it while one is checked, and closes that one", async () => {
    const controller = new AbortController();
    class Stopping extends WrongBackend {
      override async compile(...given: Parameters<WrongBackend["compile"]>) {
        controller.abort();
        return super.compile(...given);
      }
    }
    const backend = new Stopping();
    const one = candidate("a:one", { open: async () => backend });
    const { signal } = controller;
    await expect(selectFrom([one], { home, env: env(), signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(backend.closed).toBe(true);
  });

  it("opens nothing when it was there before", async () => {
    const one = candidate("a:one", { open: opensNot("it was opened") });
    const signal = AbortSignal.abort("cancel");
    await expect(selectFrom([one], { home, env: env(), signal })).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});

describe("a GPU that a processor imitates", () => {
  const allowed = async (backend: string | undefined): Promise<boolean | undefined> => {
    let answer: boolean | undefined;
    const watching = candidate("tfjs:webgpu", {
      kind: "webgpu",
      open: async ({ allowSoftware }) => {
        answer = allowSoftware;
        return createReferenceBackend();
      },
    });
    const more = { GRAFT_ALLOW_SOFTWARE_GPU: "1" };
    const options = { home, env: env(more), ...(backend === undefined ? {} : { backend }) };
    await using selected = (await selectFrom([watching], options)).backend;
    expect(selected.id).toBe("reference:cpu");
    return answer;
  };

  it("may be taken only when webgpu is asked for, whatever GRAFT_ALLOW_SOFTWARE_GPU says", async () => {
    expect(await allowed(undefined)).toBe(false);
    expect(await allowed("webgpu")).toBe(true);
  });
});

describe.runIf(software)("a GPU that a processor imitates, on this machine", () => {
  it("is refused when webgpu is asked for, by both engines and with its name", async () => {
    await expect(selectBackend({ backend: "webgpu", home, env: env() })).rejects.toThrow(
      /tfjs:webgpu: .*software.*Received: \S.*onnx:webgpu: .*software/s,
    );
  });

  it.each(["webgpu", "tfjs:webgpu"])("is taken for %s with GRAFT_ALLOW_SOFTWARE_GPU=1", async (name) => {
    const more = { GRAFT_ALLOW_SOFTWARE_GPU: "1" };
    const { backend } = await selectBackend({ backend: name, home, env: env(more) });
    expect([backend.id, backend.device.software]).toEqual(["tfjs:webgpu", true]);
    await backend.dispose();
  });
});

describe("the self-check", () => {
  it("is remembered for a device that passed it, in HOME, and paid for again when the memory is spoilt", async () => {
    const file = join(home, "engines", "checks.json");
    let programs = 0;
    const counting = candidate("onnx:cpu", {
      kind: "cpu",
      open: async () => {
        const backend = await createOnnxBackend({ provider: "cpu", threads: 1 });
        const compile = backend.compile.bind(backend);
        return Object.assign(backend, {
          compile: (...[graph]: Parameters<typeof compile>) => {
            programs++;
            return compile(graph);
          },
        });
      },
    });
    const opened = async (): Promise<number> => {
      programs = 0;
      const { backend } = await selectFrom([counting], { home, env: env() });
      await backend.dispose();
      return programs;
    };
    expect(await opened()).toBeGreaterThan(0);
    expect(readFileSync(file, "utf8")).toMatch(/onnx:cpu; 1\.\d+.*1 thread/);
    expect(await opened()).toBe(0);
    writeFileSync(file, "{");
    expect(await opened()).toBeGreaterThan(0);
    expect(await opened()).toBe(0);
  });

  it("is not remembered when it failed, nor a reason to stop when HOME cannot be written", async () => {
    const wrong = candidate("a:wrong", { open: async () => new WrongBackend() });
    for (let i = 0; i < 2; i++)
      await expect(selectFrom([wrong], { home, env: env() })).rejects.toThrow(/softmax/);
    const file = join(home, "file");
    writeFileSync(file, "");
    const { backend } = await selectFrom([candidate("b:good", {})], { home: file, env: env() });
    await backend.dispose();
  });
});

describe("a look at every candidate", () => {
  it("gives a device or a reason for each, in the order of the choice", async () => {
    const probes: BackendProbe[] = [];
    for await (const probe of probeBackends({ home, env: env() })) probes.push(probe);
    expect(probes.map(({ id, kind }) => ({ id, kind }))).toEqual(
      CANDIDATES.map(({ id, kind }) => ({ id, kind })),
    );
    for (const probe of probes) {
      if (probe.usable) expect(probe.device.name).not.toBe("");
      else expect(probe.reason).not.toBe("");
    }
    const usable = probes.filter((probe) => probe.usable).map(({ id }) => id);
    expect(usable).toEqual(expect.arrayContaining(["onnx:cpu", "tfjs:wasm", "tfjs:cpu"]));
  });
});
