import { TrunkLane } from "./trunk-lane.ts";

/** Each has the numbers of each trunk in memory. */
const MOST_LANES = 4;

export interface TrunkLanes extends AsyncDisposable {
  readonly all: readonly TrunkLane[];
}

/**
 * Shares an engine's threads out over lanes, where that is worth it: on ONNX Runtime's CPU, where a thread alone wastes nothing on
 * waiting for others. Each gives the bits that the whole engine gives.
 * @param options.threads of the engine.
 */
export function openLanes(
  backend: string,
  { home, threads }: { readonly home: string; readonly threads: number },
): TrunkLanes {
  const count = backend === "onnx:cpu" ? Math.min(MOST_LANES, threads) : 1;
  const settings = { home, backend, threads: Math.floor(threads / count) };
  const all = count > 1 ? Array.from({ length: count }, () => new TrunkLane(settings)) : [];
  return {
    all,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((lane) => lane.close()));
    },
  };
}
