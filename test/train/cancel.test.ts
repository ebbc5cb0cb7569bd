import {
  type Backend,
  extractFeatures,
  featureShape,
  featureSpace,
  findRate,
  type HostTensor,
  imageRule,
  parseTrainConfig,
  preparedBy,
  type StopReason,
  type SweepData,
  sweep,
  sweptFeatures,
  tapKey,
  trunkGraph,
} from "@graft/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { randomTrunkWeights } from "./random-trunk.ts";
import { EVERY_STEP, makeDataset, makeSplit, makeTraining, runTraining } from "./training-problem.ts";

/** A wish to stop that comes as they all do, by a timer or a message: work that holds the thread does not hear it. */
class Stop {
  readonly #controller = new AbortController();
  readonly #reason: StopReason;
  #atCall: number | undefined;
  #armed = false;
  finished = 0;

  constructor(reason: StopReason = "cancel") {
    this.#reason = reason;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    setTimeout(() => {
      this.#atCall = this.finished;
      this.#controller.abort(this.#reason);
    }, 0);
  }

  /** What was finished after the call. */
  get after(): number {
    if (this.#atCall === undefined) throw new Error("nobody heard of the timer");
    return this.finished - this.#atCall;
  }
}

/**
 * The backend, which counts what its programs finish, and asks to stop while the first run of that kind is under way.
 * @param unitsOf how much a run counts; 0: it is of another kind.
 */
function counting(
  backend: Backend,
  stop: Stop,
  unitsOf: (inputs: Readonly<Record<string, HostTensor>>) => number,
): Backend {
  return {
    ...{ id: backend.id, kind: backend.kind, device: backend.device, limits: backend.limits },
    async compile(graph) {
      const program = await backend.compile(graph);
      return {
        async run(inputs, state) {
          const units = unitsOf(inputs);
          if (units > 0) stop.arm();
          const outputs = await program.run(inputs, state);
          stop.finished += units;
          return outputs;
        },
        dispose: () => program.dispose(),
      };
    },
    createState: (graph) => backend.createState(graph),
    dispose: () => backend.dispose(),
    [Symbol.asyncDispose]: () => backend.dispose(),
  };
}

const imagesIn = ({ images }: Readonly<Record<string, HostTensor>>): number => images?.shape[0] ?? 0;
/** A training step takes its learning rate as an input; an evaluation does not. */
const isStep = (inputs: Readonly<Record<string, HostTensor>>): boolean => "stepSize" in inputs;

/** The clock runs so fast that every piece of work is a long one. */
function everyPieceIsLong(): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 1000;
    return now;
  });
}

const CONFIG = parseTrainConfig({ size: 75, cut: "mixed0", epochs: 50, earlyStop: null });
const weights = randomTrunkWeights("mixed0");
const prepare = preparedBy(
  "drawn-1",
  async (): Promise<Uint8Array[]> => [new Uint8Array(75 * 75 * 3).fill(99)],
);

function sweepData(backend: Backend, stop: Stop): SweepData {
  const dataset = makeDataset(40);
  const { store } = makeTraining(backend, {});
  return {
    ...{ dataset, backend, weights, prepare, store, decodeAhead: 2 },
    split: makeSplit(dataset),
    signal: stop.signal,
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

for (const candidate of TEST_BACKENDS.filter(({ id }) => ["onnx:cpu", "tfjs:wasm", "tfjs:cpu"].includes(id)))
  await describeOn(candidate, (engine) => {
    describe("a wish to stop", () => {
      it("is heard after at most 8 more images of a pass through the trunk", async () => {
        const stop = new Stop();
        const backend = counting(engine, stop, imagesIn);
        const rule = imageRule(CONFIG);
        const cut = "mixed0";
        const work = extractFeatures({
          images: makeDataset(64).images,
          variants: [0],
          space: featureSpace({
            decoder: prepare.decoder,
            ...{ rule, weights, cut, pool: "avg", augmentation: null, cacheType: "float32", backend },
          }),
          rowShape: featureShape(cut, 75).slice(2),
          store: null,
          ...{ prepare, decodeAhead: 4, signal: stop.signal },
          openProgram: () => backend.compile(trunkGraph(weights, { cut, size: 75, pool: "avg" })),
          batch: backend.limits.preferredBatch,
        });
        await expect(work).rejects.toMatchObject({ code: "cancelled" });
        expect(stop.after).toBeLessThanOrEqual(8);
        expect(stop.finished).toBeLessThan(64);
      });

      it("is heard at the next step of an epoch, and at the next batch of its evaluation", async () => {
        for (const unitsOf of [
          (inputs: Readonly<Record<string, HostTensor>>) => Number(isStep(inputs)),
          (inputs: Readonly<Record<string, HostTensor>>) => Number(!isStep(inputs)),
        ]) {
          everyPieceIsLong();
          const stop = new Stop("interrupt");
          const backend = counting(engine, stop, unitsOf);
          const options = makeTraining(backend, CONFIG, { ...EVERY_STEP, signal: stop.signal });
          const { result } = await runTraining(options);
          expect(result.status).toBe("interrupted");
          expect(stop.after).toBeLessThanOrEqual(1);
          vi.restoreAllMocks();
        }
      });

      it("is heard by the test of learning rates and by a sweep", async () => {
        everyPieceIsLong();
        const ofRate = new Stop();
        const rateBackend = counting(engine, ofRate, (inputs) => Number(isStep(inputs)));
        const features = (await sweptFeatures([CONFIG], sweepData(rateBackend, ofRate), () => undefined)).get(
          tapKey(CONFIG),
        );
        if (!features) throw new Error("the config has its features");
        const rate = findRate(CONFIG, features, {
          ...{ backend: rateBackend, numClasses: 2, signal: ofRate.signal },
        });
        await expect(rate).rejects.toMatchObject({ code: "cancelled" });
        expect(ofRate.after).toBeLessThanOrEqual(1);

        const ofSweep = new Stop();
        const sweepBackend = counting(engine, ofSweep, (inputs) => Number(isStep(inputs)));
        const swept = sweep({
          ...sweepData(sweepBackend, ofSweep),
          configOf: () => CONFIG,
          axes: { recipes: ["gap"], sizes: [75], cuts: ["mixed0"], learningRates: [1e-3], seeds: [1, 2] },
        });
        await expect(swept).rejects.toMatchObject({ code: "cancelled" });
        expect(ofSweep.after).toBeLessThanOrEqual(1);
      });

      it("ends a run as cancelled, with nothing to go on from, when it is for good", async () => {
        everyPieceIsLong();
        const stop = new Stop("cancel");
        const backend = counting(engine, stop, (inputs) => Number(isStep(inputs)));
        const options = makeTraining(backend, CONFIG, { signal: stop.signal, clock: () => 0 });
        const { events, result } = await runTraining(options);
        expect(result).toMatchObject({ status: "cancelled", error: { code: "cancelled" } });
        expect(events.at(-1)).toMatchObject({ type: "run-end", status: "cancelled" });
        expect(await options.checkpoints.load()).toBeUndefined();
      });
    });
  });
