/** A dense row-major tensor in JavaScript's memory. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
}
