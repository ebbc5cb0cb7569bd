import type { Program } from "../backend/backend.ts";
import { eventLoopTurn } from "../concurrency/event-loop-turn.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import { type PreparedTask, prepareAhead, type RowTask } from "./prepare-ahead.ts";
import type { FeatureSpace } from "./types.ts";

/** What is wanted of the trunk: an output of the program, and where its rows belong. */
export interface FeatureTap {
  /** Name of the program's output. */
  readonly output: string;
  readonly space: FeatureSpace;
  /** Of one row: [height, width, channels], or [channels] when pooled. */
  readonly rowShape: readonly number[];
}

export interface ComputeOptions {
  /** At least one; all of one image rule and augmentation. */
  readonly taps: readonly FeatureTap[];
  readonly prepare: PrepareImage;
  readonly decodeAhead: number;
  readonly openProgram: () => Promise<Program>;
  readonly batch: number;
  readonly signal: AbortSignal | undefined;
}

/** What the trunk made of one image: for each tap a view of its batch's output, which the sink may change and must not keep. */
export interface ComputedRow {
  readonly slot: number;
  readonly rows: readonly Float32Array[];
}

/** Where results go. */
export interface RowSink {
  take(rows: readonly ComputedRow[]): Promise<void>;
  /** Throws when a broken image is not to be passed over. */
  broken(task: RowTask, error: CoreError): void;
}

/** Images on their way into the trunk. */
class Batch {
  readonly #slots: number[] = [];
  readonly #size: number;
  readonly #batch: number;
  readonly #data: Uint8Array;

  constructor(size: number, batch: number) {
    this.#size = size;
    this.#batch = batch;
    this.#data = new Uint8Array(batch * size * size * 3);
  }

  get isEmpty(): boolean {
    return this.#slots.length === 0;
  }

  get isFull(): boolean {
    return this.#slots.length === this.#batch;
  }

  add(slot: number, pixels: Uint8Array): void {
    const length = this.#size * this.#size * 3;
    if (pixels.length !== length) {
      throw new CoreError("bad-input", {
        what: "A prepared image has the wrong size.",
        received: `${pixels.length} bytes`,
        expected: `${length}: [${this.#size}, ${this.#size}, 3]`,
      });
    }
    this.#data.set(pixels, this.#slots.length * length);
    this.#slots.push(slot);
  }

  /** Always the whole batch, filled up with repeats of the first image. */
  async run(program: Program, taps: readonly FeatureTap[]): Promise<ComputedRow[]> {
    const pixels = this.#size * this.#size * 3;
    for (let at = this.#slots.length; at < this.#batch; at++) this.#data.copyWithin(at * pixels, 0, pixels);
    const images = { shape: [this.#batch, this.#size, this.#size, 3], data: this.#data };
    const outputs = await program.run({ images });
    const rowOf = taps.map((tap) => rowReader(outputs[tap.output], tap, this.#batch));
    return this.#slots.map((slot, i) => ({ slot, rows: rowOf.map((read) => read(i)) }));
  }
}

/** Row i of an output. @throws CoreError `backend` for an output of another shape than was asked for. */
function rowReader(
  output: HostTensor | undefined,
  { output: name, rowShape }: FeatureTap,
  batch: number,
): (i: number) => Float32Array {
  const length = numElements(rowShape);
  const data = output?.data;
  if (!(data instanceof Float32Array) || data.length !== batch * length) {
    throw new CoreError("backend", {
      what: "The trunk gave features of the wrong shape.",
      received: output === undefined ? `no output ${name}` : `[${output.shape.join(", ")}]`,
      expected: `[${[batch, ...rowShape].join(", ")}]`,
    });
  }
  return (i) => finiteRow(data.subarray(i * length, (i + 1) * length));
}

/** @throws CoreError `bad-input`: pixels are 0 to 255 whatever the image, so it is the weights that are too large. */
function finiteRow(row: Float32Array): Float32Array {
  let at = 0;
  while (at < row.length && Number.isFinite(row[at])) at++;
  if (at === row.length) return row;
  throw new CoreError("bad-input", {
    what: "The trunk's features are not finite numbers: its weights are not usable.",
    received: `${row[at]}`,
    expected: "finite float32 numbers",
    fix: "Use other weights (`weights`). If these weights work on another engine (`backend`), this engine is at fault.",
  });
}

/**
 * The trunk over prepared images: three things at once, each one batch deep. While one batch is in the trunk, the next
 * one is being decoded and copied together, and the one before is being stored. Memory: four batches of pixels, two of
 * features.
 *
 * Every run has the same batch size, the last one filled up: engines that choose kernels by shape then use one set for
 * all images (features stay a function of their key), and none compiles for a second shape. It costs less than one
 * batch's time for each call (0.15 s on two cores).
 *
 * No run of the trunk begins once the signal is aborted; the one under way ends and is kept.
 *
 * @throws CoreError `bad-input` for features that are not finite, of which none reaches the sink; `cancelled` with all
 * finished batches taken by the sink; as prepare (through the sink), the program
 * and the sink.
 */
export async function computeRows(
  tasks: readonly RowTask[],
  options: ComputeOptions,
  sink: RowSink,
): Promise<void> {
  if (tasks.length === 0) return;
  const { taps, prepare, decodeAhead, batch, signal } = options;
  const [first] = taps;
  if (!first) throw new TypeError("there is at least one tap");
  const { space } = first;
  throwIfCancelled(signal);
  let [inTrunk, inSink] = [Promise.resolve(), Promise.resolve()];
  const send = async (program: Program, full: Batch): Promise<void> => {
    await inTrunk;
    throwIfCancelled(signal);
    inTrunk = full.run(program, taps).then(async (rows) => {
      await inSink;
      inSink = sink.take(rows);
      inSink.catch(() => undefined); // heard by the next batch, or at the end
    });
    inTrunk.catch(() => undefined); // likewise
    // an engine that computes on this thread is done by then, another one goes on beside it
    await eventLoopTurn();
  };
  const size = space.rule.size;
  let filling = new Batch(size, batch);
  const add = async (program: Program, item: PreparedTask): Promise<void> => {
    if ("error" in item) return sink.broken(item.task, item.error);
    for (const [i, slot] of item.task.slots.entries()) {
      filling.add(slot, item.pixels[i] ?? new Uint8Array());
      if (!filling.isFull) continue;
      await send(program, filling);
      filling = new Batch(size, batch);
    }
  };
  const prepared = prepareAhead(tasks, { space, prepare, decodeAhead, rowsAhead: 2 * batch, signal });
  // Decoding starts before the trunk is compiled and goes on beside it.
  const firstItem = prepared.next();
  firstItem.catch(() => undefined); // heard below, unless the program cannot be opened
  let program: Program | undefined;
  try {
    program = await options.openProgram();
    const start = await firstItem;
    if (!start.done) await add(program, start.value);
    for await (const item of prepared) await add(program, item);
    if (!filling.isEmpty) await send(program, filling);
    await inTrunk;
    await inSink;
  } finally {
    await prepared.return(undefined);
    await inTrunk.catch(() => undefined);
    await inSink.catch(() => undefined);
    program?.dispose();
  }
}
