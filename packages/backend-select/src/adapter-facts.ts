/** What people and the choice between backends need to know of a GPU. */
export interface AdapterFacts {
  /** e.g. "nvidia ampere, NVIDIA A10" */
  readonly name: string;
  /** True for a program that imitates a GPU: right numbers, no speed. */
  readonly software: boolean;
  /** What one buffer of it can hold and one binding can reach. */
  readonly maxTensorBytes: number;
}

/** SwiftShader (Chromium), llvmpipe and lavapipe (Mesa), WARP (Windows) by their own names. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|microsoft basic render|\bwarp\b/i;

/** The limits that decide on the size of a tensor. */
export type SizeLimits = Pick<GPUSupportedLimits, "maxBufferSize" | "maxStorageBufferBindingSize">;

/** @param info of a WebGPU adapter, as far as the platform tells it. */
export function adapterFacts(info: Partial<GPUAdapterInfo>, limits: SizeLimits): AdapterFacts {
  const { vendor = "", architecture = "", device = "", description = "" } = info;
  const said = (words: readonly string[], between: string): string =>
    words.filter((word) => word !== "").join(between);
  const name = said([said([vendor, architecture], " "), device, description], ", ");
  return {
    name: name === "" ? "an unnamed GPU" : name,
    software: info.isFallbackAdapter === true || SOFTWARE.test(name),
    maxTensorBytes: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
  };
}
