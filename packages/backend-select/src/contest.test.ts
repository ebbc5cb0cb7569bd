import type { BackendKind } from "@graft/core";
import { ReferenceBackend } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { Contest, type DeviceMemory } from "./contest.ts";
import { type Candidate, chooseBackend } from "./select.ts";

/** A backend that takes a given time, and counts itself. */
class TimedBackend extends ReferenceBackend {
  readonly ms: number;
  readonly #opened: Set<string>;
  readonly #name: string;

  constructor(name: string, ms: number, opened: Set<string>) {
    super();
    [this.ms, this.#name, this.#opened] = [ms, name, opened];
    opened.add(name);
  }

  override async dispose(): Promise<void> {
    this.#opened.delete(this.#name);
    await super.dispose();
  }
}

/** Candidates of given times (a text is a reason not to open), and what happens to them. */
function machine(speeds: Readonly<Record<string, number | string>>, kind: BackendKind = "wasm") {
  const [opened, opens] = [new Set<string>(), [] as string[]];
  let measured = 0;
  const texts = new Map<string, string>();
  const memory: DeviceMemory = {
    get: async (name) => texts.get(name),
    set: async (name, value) => void texts.set(name, value),
  };
  const candidates = Object.entries(speeds).map(
    ([id, ms]): Candidate<undefined> => ({
      ...{ id, kind, automatic: true },
      absent: () => undefined,
      open: async () => {
        opens.push(id);
        if (typeof ms === "string") throw new Error(ms);
        return new TimedBackend(id, ms, opened);
      },
    }),
  );
  const contest = (name = "this browser") =>
    new Contest({
      kind: "wasm",
      timeOf: async (backend) => {
        measured++;
        if (!(backend instanceof TimedBackend)) throw new TypeError("these are");
        if (Number.isNaN(backend.ms)) throw new Error("the engine stopped");
        return backend.ms;
      },
      memory,
      machine: name,
    });
  const choose = (wanted?: string, name?: string) =>
    chooseBackend({
      ...{ candidates, wanted, contest: contest(name), looksFirst: true, context: undefined },
      check: async () => undefined,
      fix: "Use another browser.",
    });
  return { choose, opened, opens, measurements: () => measured };
}

describe("a kind whose candidates are measured", () => {
  it.each([undefined, "wasm"])("gives the fastest, and closes the others (asked for: %s)", async (wanted) => {
    const { choose, opened } = machine({ "a:wasm": 50, "b:wasm": 20, "c:wasm": 90 });
    const { backend, refusals } = await choose(wanted);
    expect([...opened]).toEqual(["b:wasm"]);
    expect(refusals.map(({ id }) => id)).toEqual(["a:wasm", "c:wasm"]);
    expect(refusals[0]?.reason).toMatch(/slower here than b:wasm: 50\.0 ms against 20\.0 ms/);
    await backend.dispose();
    expect([...opened]).toEqual([]);
  });

  it("measures once a machine, and opens only the fastest from then on, with the same reasons", async () => {
    // one that rounds otherwise in two steps than in one
    const { choose, opens, measurements } = machine({ "a:wasm": 52.4497, "b:wasm": 20 });
    const first = await choose();
    await first.backend.dispose();
    const { backend, refusals } = await choose();
    await backend.dispose();
    expect(refusals).toEqual(first.refusals);
    expect([opens, measurements()]).toEqual([["a:wasm", "b:wasm", "b:wasm"], 2]);
    expect(refusals).toMatchObject([{ id: "a:wasm", reason: expect.stringContaining("slower") }]);
    await (await choose(undefined, "another browser")).backend.dispose();
    expect(measurements()).toBe(4);
  });

  it("takes the one that works when the other does not open, and measures again the next time", async () => {
    const { choose, measurements } = machine({ "a:wasm": "no such file", "b:wasm": 20 });
    for (const times of [1, 2]) {
      const { backend, refusals } = await choose();
      await backend.dispose();
      expect(refusals).toEqual([{ id: "a:wasm", kind: "wasm", reason: "no such file" }]);
      expect(measurements()).toBe(times);
    }
  });

  it("is not held for one that is asked for by its id, nor among others", async () => {
    const { choose, opens, measurements } = machine({ "a:wasm": 50, "b:wasm": 20 });
    await (await choose("a:wasm")).backend.dispose();
    const other = machine({ "a:webgpu": 50, "b:webgpu": 20 }, "webgpu");
    await (await other.choose()).backend.dispose();
    expect([opens, other.opens, measurements(), other.measurements()]).toEqual([
      ["a:wasm"],
      ["a:webgpu"],
      0,
      0,
    ]);
  });

  it("says every reason when none works, and closes all when measuring stops", async () => {
    await expect(machine({ "a:wasm": "first", "b:wasm": "second" }).choose()).rejects.toMatchObject({
      code: "backend",
      message: expect.stringMatching(/a:wasm: first\n.*b:wasm: second.*Use another browser/),
    });
    const { choose, opened } = machine({ "a:wasm": 1, "b:wasm": Number.NaN });
    await expect(choose()).rejects.toThrow("the engine stopped");
    expect([...opened]).toEqual([]);
  });
});
