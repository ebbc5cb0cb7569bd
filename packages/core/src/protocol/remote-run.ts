import { decodeCheckpoint, encodeCheckpoint } from "../checkpoint/encoding.ts";
import { wholeFile } from "../checkpoint/tensor-file.ts";
import type { CheckpointStore } from "../checkpoint/types.ts";
import { CoreError } from "../errors.ts";
import { bytesReader } from "../files/byte-reader.ts";
import type { Crc32 } from "../numbers/crc32.ts";
import type { NewRun, RunStore, StoredRun } from "../runs/types.ts";
import type { CallHost, RunMessage } from "./host-calls.ts";

function remoteCheckpoints(call: CallHost, run: string, crc32: Crc32): CheckpointStore {
  return {
    async load(onFallback = () => undefined) {
      const { fallbacks, checkpoint, best } = await call("checkpoint.load", { run });
      for (const reason of fallbacks) onFallback(reason);
      if (!checkpoint) return undefined;
      const parts = { checkpoint: bytesReader(checkpoint), best: best && bytesReader(best) };
      return decodeCheckpoint(parts, crc32);
    },
    async save(given) {
      const { checkpoint, best } = encodeCheckpoint(given, crc32);
      await call("checkpoint.save", {
        run,
        checkpoint: wholeFile(checkpoint),
        ...(best ? { best: wholeFile(best) } : {}),
      });
    },
    clear: async () => void (await call("checkpoint.clear", { run })),
  };
}

function remoteRun(call: CallHost, { id, split, ...first }: RunMessage, crc32: Crc32): StoredRun {
  let { record } = first;
  return {
    ...{ id, split, checkpoints: remoteCheckpoints(call, id, crc32) },
    get record() {
      return record;
    },
    beginning: () => call("run.beginning", { run: id }),
    async updateRecord(change) {
      record = await call("run.update", { run: id, change: { ...change } });
      return record;
    },
    appendEvent: async (event) => void (await call("run.append", { run: id, event })),
    readEvents: () => call("run.events", { run: id }),
    state: () => call("run.state", { run: id }),
    async lock() {
      const lock = await call("run.lock", { run: id });
      return { [Symbol.asyncDispose]: async () => void (await call("run.unlock", { lock })) };
    },
  };
}

/** The host's runs. @param setOf handle of the opened data set that a new run is of. */
export function remoteRuns(
  call: CallHost,
  { setOf, crc32 }: { readonly setOf: (images: NewRun["images"]) => number; readonly crc32: Crc32 },
): RunStore {
  const ofHost = (): never => {
    throw new CoreError("unsupported", { what: "A worker sees only its own run; its host has the list." });
  };
  return {
    async create({ id, images, ...run }) {
      if (id === undefined) throw new TypeError("a job names its run");
      const { tensors: _numbers, ...weights } = { tensors: undefined, ...run.weights };
      const { source, origin, sha256, inputRange } = weights;
      const made = await call("run.create", {
        ...{ ...run, id, set: setOf(images) },
        weights: { source, origin, sha256, inputRange: [inputRange[0], inputRange[1]] },
        dataset: run.dataset && { ...run.dataset },
        command: run.command && [...run.command],
      });
      return remoteRun(call, made, crc32);
    },
    open: async (run) => remoteRun(call, await call("run.open", { run }), crc32),
    list: async () => ofHost(),
    remove: async () => ofHost(),
  };
}
