import type { Checkpoint } from "@graft/core";

/** The checkpoint of an epoch that checkpoint-writer.ts saves: the best epoch is every third, so its file changes at times. */
export function writtenCheckpoint(epoch: number): Checkpoint {
  const best = epoch - (epoch % 3);
  const values = (length: number, of: number): Float32Array =>
    Float32Array.from({ length }, (_, at) => of + at / length);
  return {
    ...{ version: 1, epoch, step: epoch * 5, history: [], seconds: epoch, options: {}, partial: null },
    hashes: { config: "c", split: "s", weights: "w", features: "f", classes: "l" },
    backend: { id: "onnx:cpu", engineVersion: "1" },
    phase: { name: "head", epoch: 0, step: 0 },
    parameters: new Map([
      ["kernel", values(200_000, epoch)],
      ["slot", values(200_000, -epoch)],
    ]),
    best:
      best === 0
        ? null
        : {
            epoch: best,
            metrics: { valLoss: 1 / best },
            values: new Map([["kernel", values(200_000, best)]]),
          },
  };
}
