import { decodeCheckpoint, encodeCheckpoint } from "../checkpoint/encoding.ts";
import { wholeFile } from "../checkpoint/tensor-file.ts";
import { parseSplit } from "../dataset/split.ts";
import type { Dataset, DatasetImage } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import { decodeRecord, encodeRecord, encodeRow } from "../features/row-record.ts";
import type { ShardBoard } from "../features/shard.ts";
import type { FeatureStore } from "../features/types.ts";
import { bytesReader } from "../files/byte-reader.ts";
import { inputFaultsText } from "../input-faults.ts";
import type { OpenedDataset, Workspace, WorkspaceEvent } from "../jobs/workspace.ts";
import type { Model } from "../model/types.ts";
import { type Crc32, crc32 as inJavaScript } from "../numbers/crc32.ts";
import type { StoredRun } from "../runs/types.ts";
import { type CutLayer, isCutLayer } from "../trunk/cut-layers.ts";
import { tensorsUpTo } from "../trunk/tensors.ts";
import type { TrunkWeights } from "../trunk/types.ts";
import { type HelpedRunOfHost, openHelpedRun } from "./helped-run.ts";
import { CALL_PARAMS, type CallMethod, type CallParams, type CallResults } from "./host-calls.ts";
import { JobScope } from "./job-scope.ts";
import type { SearchWork, Work } from "./messages.ts";

type Answers = {
  readonly [Method in CallMethod]: (
    params: CallParams<Method>,
    onEvent: (event: WorkspaceEvent) => void,
  ) => Promise<CallResults[Method]>;
};

/** One for all workers of a data set that was opened once. */
const imagesByPath = new WeakMap<Dataset["images"], ReadonlyMap<string, DatasetImage>>();

const jobIsOver = (): CoreError => new CoreError("conflict", { what: "The worker's job is over." });

/**
 * Answers a worker's calls from a workspace. What the worker holds (locks, leases, opened data sets) is let go with this,
 * also when the worker was killed.
 */
export class HostServices implements AsyncDisposable {
  readonly #workspace: Workspace;
  readonly #features: () => Promise<FeatureStore>;
  readonly #shards: ShardBoard | undefined;
  readonly #crc32: Crc32;
  readonly #scope: JobScope;
  readonly #sets: OpenedDataset[] = [];
  /** Of the run that the worker helps with, if it does: nothing that holds its weights. */
  #imagesOfShard: HelpedRunOfHost["imagesOf"] | undefined;
  readonly #runs = new Map<string, StoredRun>();
  readonly #held = new Map<number, AsyncDisposable>();
  /** Runs that the worker may write to, by the lock's handle. */
  readonly #locks = new Map<number, string>();
  #lastHeld = 0;
  #isClosed = false;

  /**
   * @param options.work the job that the worker asks for.
   * @param options.crc32 a quicker one than JavaScript's.
   * @param options.features the cache as this worker sees it. @default the workspace's
   * @param options.shards of the job's run. @default nobody helps
   */
  constructor(
    workspace: Workspace,
    options: {
      readonly work: Work | SearchWork;
      readonly crc32?: Crc32;
      readonly features?: () => Promise<FeatureStore>;
      readonly shards?: ShardBoard;
    },
  ) {
    const { work, crc32, features = () => workspace.features(), shards } = options;
    this.#shards = shards;
    this.#workspace = workspace;
    this.#features = features;
    this.#crc32 = crc32 ?? inJavaScript;
    this.#scope = new JobScope(work);
  }

  /**
   * @throws CoreError `unsupported` for a method that there is not, `bad-input` for wrong parameters, `conflict` when the job
   * is over, for what a helper has no need of, and for a write to a run that the worker has not locked, `not-found` for what is
   * not the job's; as the workspace.
   */
  async answer(method: string, params: unknown, onEvent: (event: WorkspaceEvent) => void): Promise<unknown> {
    if (this.#isClosed) throw jobIsOver();
    if (!isMethod(method)) {
      const what = "The worker asked for something that this host cannot do.";
      throw new CoreError("unsupported", {
        what,
        received: method,
        fix: "Use the same version of graft on both sides.",
      });
    }
    this.#scope.checkMethod(method);
    return this.#answerTo(method, params, onEvent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#imagesOfShard = undefined;
    for (const held of this.#held.values()) await held[Symbol.asyncDispose]();
    this.#held.clear();
    this.#locks.clear();
  }

  #answerTo<Method extends CallMethod>(
    method: Method,
    params: unknown,
    onEvent: (event: WorkspaceEvent) => void,
  ): Promise<CallResults[Method]> {
    const parsed = CALL_PARAMS[method].safeParse(params);
    if (!parsed.success) {
      const what = `The worker's call ${method} has wrong parameters.`;
      throw new CoreError("bad-input", { what, received: inputFaultsText(parsed.error, params) });
    }
    // the schema of a method gives that method's parameters, which TypeScript does not follow through the union
    return this.#answers[method](parsed.data as CallParams<Method>, onEvent);
  }

  /** What comes after the job's end is let go at once. */
  async #hold(held: AsyncDisposable): Promise<number> {
    if (this.#isClosed) {
      await held[Symbol.asyncDispose]();
      throw jobIsOver();
    }
    this.#held.set(++this.#lastHeld, held);
    return this.#lastHeld;
  }

  async #letGo(handle: number): Promise<null> {
    const held = this.#held.get(handle);
    this.#held.delete(handle);
    this.#locks.delete(handle);
    await held?.[Symbol.asyncDispose]();
    return null;
  }

  async #run(id: string): Promise<StoredRun> {
    this.#scope.check("run", id);
    const run = this.#runs.get(id) ?? (await this.#workspace.runs.open(id));
    this.#runs.set(id, run);
    this.#scope.add(run);
    return run;
  }

  /** @throws CoreError `conflict` where another process may write, too. */
  async #locked(id: string): Promise<StoredRun> {
    const run = await this.#run(id);
    if ([...this.#locks.values()].includes(id)) return run;
    throw new CoreError("conflict", {
      what: "The worker writes to a run that it has not locked.",
      received: id,
    });
  }

  #set(handle: number): OpenedDataset {
    const opened = this.#sets[handle];
    if (opened) return opened;
    throw new CoreError("not-found", {
      what: "The worker named a data set that it did not open.",
      received: `${handle}`,
    });
  }

  /** By path: each image is asked for by it. */
  #imagesOf(set: number): ReadonlyMap<string, DatasetImage> {
    const { images } = this.#set(set).dataset;
    const known = imagesByPath.get(images) ?? new Map(images.map((image) => [image.path, image]));
    imagesByPath.set(images, known);
    return known;
  }

  readonly #answers: Answers = {
    "dataset.open": async ({ name, request }, onEvent) => {
      this.#scope.check("dataset", name);
      const opened = await this.#workspace.openDataset(name, { ...request, onEvent });
      this.#sets.push(opened);
      const { dataset, split } = opened;
      return { set: this.#sets.length - 1, dataset, ...(split ? { split } : {}) };
    },
    "dataset.has": async ({ name }) => {
      this.#scope.check("dataset", name);
      return this.#workspace.hasDataset(name);
    },
    "image.read": async ({ set, path }) => {
      const { read } = this.#set(set);
      const image = this.#imagesOf(set).get(path);
      if (image) return read(image);
      throw new CoreError("not-found", { what: "There is no such image in the data set.", received: path });
    },
    "weights.load": async ({ cut, ...request }, onEvent) => {
      this.#scope.check("weights", request.weights);
      if (cut !== undefined && !isCutLayer(cut))
        throw new CoreError("bad-input", { what: "There is no such cut layer.", received: cut });
      const found = await this.#workspace.loadWeights({ ...request, cut, onEvent });
      // a file's later blocks need not travel
      return cut === undefined ? found : { ...found, tensors: upTo(cut, found.tensors) };
    },
    "weights.has": async ({ name }) => {
      this.#scope.check("weights", name);
      return this.#workspace.hasWeights(name);
    },
    "features.get": async ({ space, keys }) => {
      const rows = await (await this.#features()).getMany(space, keys);
      return keys.map((key, i) => {
        const row = rows[i];
        return row ? encodeRecord(key, encodeRow(space, row), this.#crc32) : null;
      });
    },
    "features.has": async ({ space, keys }) => (await this.#features()).hasMany(space, keys),
    "features.put": async ({ space, records }) => {
      const rows = records.map((record) => decodeRecord(space, record, this.#crc32));
      await (await this.#features()).putMany(space, rows);
      return null;
    },
    "features.lease": async ({ space }) => this.#hold(await (await this.#features()).lease(space)),
    "features.release": ({ lease }) => this.#letGo(lease),
    "shards.helpers": async ({ backend }) => (await this.#shards?.helpers(backend)) ?? 0,
    "shards.offer": async ({ backend, shards }) => {
      await this.#shards?.offer(backend, shards);
      return null;
    },
    "shards.next": async () => {
      const next = (await this.#shards?.next()) ?? { open: 0 };
      return next.shard && this.#imagesOfShard ? { ...next, ...this.#imagesOfShard(next.shard) } : next;
    },
    "help.open": async ({ run }) => {
      this.#scope.check("run", run);
      const helped = await openHelpedRun(this.#workspace, run);
      this.#imagesOfShard = helped.imagesOf;
      this.#sets.push(helped.opened);
      const { config, learnsLikeness, weights } = helped;
      const tensors = upTo(config.cut, weights.tensors);
      return { set: this.#sets.length - 1, config, weights: { ...weights, tensors }, learnsLikeness };
    },
    "run.create": async ({ set, split, dataset, command, out, force, ...run }) => {
      this.#scope.checkNewRun(run.id);
      const made = await this.#workspace.runs.create({
        ...{ ...run, split: parseSplit(split), images: this.#set(set).dataset },
        ...(dataset ? { dataset } : {}),
        ...(command ? { command } : {}),
        ...(out === undefined ? {} : { out }),
        ...(force === undefined ? {} : { force }),
      });
      this.#runs.set(made.id, made);
      this.#scope.add(made);
      return { id: made.id, record: made.record, split: made.split };
    },
    "run.open": async ({ run }) => {
      const { id, record, split } = await this.#run(run);
      return { id, record, split };
    },
    "run.beginning": async ({ run }) => (await this.#run(run)).beginning(),
    "run.lock": async ({ run }) => {
      const lock = await this.#hold(await (await this.#run(run)).lock());
      this.#locks.set(lock, run);
      return lock;
    },
    "run.unlock": ({ lock }) => this.#letGo(lock),
    "run.update": async ({ run, change }) => (await this.#locked(run)).updateRecord(change),
    "run.append": async ({ run, event }) => {
      await (await this.#locked(run)).appendEvent(event);
      return null;
    },
    "run.events": async ({ run }) => (await this.#run(run)).readEvents(),
    "run.state": async ({ run }) => (await this.#run(run)).state(),
    "checkpoint.load": async ({ run }) => {
      const fallbacks: string[] = [];
      const found = await (await this.#run(run)).checkpoints.load((reason) => fallbacks.push(reason));
      if (!found) return { fallbacks };
      const { checkpoint, best } = encodeCheckpoint(found, this.#crc32);
      return { fallbacks, checkpoint: wholeFile(checkpoint), ...(best ? { best: wholeFile(best) } : {}) };
    },
    "checkpoint.save": async ({ run, checkpoint, best }) => {
      const parts = { checkpoint: bytesReader(checkpoint), best: best && bytesReader(best) };
      await (await this.#locked(run)).checkpoints.save(await decodeCheckpoint(parts, this.#crc32));
      return null;
    },
    "checkpoint.clear": async ({ run }) => {
      await (await this.#locked(run)).checkpoints.clear();
      return null;
    },
    "model.save": async ({ run, model, out, mayReplace }) =>
      // its tensors are checked against the network's shapes when it is written and read again
      this.#workspace.saveModel(model as Model, { run: await this.#locked(run), out, mayReplace }),
    "answers.save": async ({ run, ...answers }) => {
      await this.#workspace.saveAnswers?.(answers, await this.#locked(run));
      return null;
    },
  };
}

function upTo(cut: CutLayer, tensors: TrunkWeights["tensors"]): TrunkWeights["tensors"] {
  const needed = new Set(tensorsUpTo(cut).map(({ name }) => name));
  return new Map([...tensors].filter(([name]) => needed.has(name)));
}

const isMethod = (method: string): method is CallMethod => Object.hasOwn(CALL_PARAMS, method);
