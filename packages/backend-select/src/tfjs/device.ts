import type { BackendKind, BackendLimits, DeviceFacts } from "@graft/core";

/** What differs between tfjs engines in how an op is best put to them; data, so that no kernel asks for a name. */
export interface EngineTraits {
  /** True when the engine keeps the arrays it is given or hands out its own: what crosses the border is copied. */
  readonly sharesHostArrays: boolean;
  /** True when a transposed operand falls onto a slow path: the operand is transposed first. */
  readonly transposesFirst: boolean;
  /** True when a convolution's input gradient is faster as a forward convolution with the kernel turned round. */
  readonly convolvesBackward: boolean;
  /** True when the engine's own max-pool gradient goes not to the first of equal maxima: it is built from slices. */
  readonly slicesMaxPoolGradient: boolean;
}

/** One engine of tfjs-core that is set up and answers; made by the files `*-device*.ts`. */
export interface TfjsDevice {
  /** The name that tfjs-core knows it by: `tf.setBackend(engineName)`. */
  readonly engineName: string;
  /** e.g. `tfjs:wasm` */
  readonly id: string;
  readonly kind: BackendKind;
  readonly facts: DeviceFacts;
  readonly limits: BackendLimits;
  readonly traits: EngineTraits;
  /** Why the device cannot be used any more, e.g. a lost GPU; undefined while all is well. */
  failure(): string | undefined;
  /** Takes the engine out of tfjs-core and gives its memory back as far as the platform allows. */
  release(): Promise<void>;
}
