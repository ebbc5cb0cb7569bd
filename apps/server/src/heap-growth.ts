import { setFlagsFromString } from "node:v8";

export const GROWTH_FLAG = "--heap-growing-percent";

/**
 * Lets this process's heap double before V8 looks through all of it. For a program through which bytes pass (pictures, features,
 * uploads): buffers that were let go of count as growth until the next collection of what is young, V8's own measure for a heap of
 * 40 MB is 8 MB more, and then it marks everything there is, on all cores, four times a second while features are computed. Costs
 * at most as much memory as the heap and the buffers that it holds.
 */
export function letHeapGrow(): void {
  setFlagsFromString(`${GROWTH_FLAG}=100`);
}
