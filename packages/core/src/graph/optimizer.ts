import type { GraphBuilder } from "./builder.ts";
import type { ValueId } from "./graph.ts";
import type { HostTensor } from "./host-tensor.ts";
import type { Factor } from "./passes/scaled-gradient.ts";

export type OptimizerName = "adam" | "adamw" | "rmsprop" | "sgd";

/** What an update rule works with while its ops are appended for one weight. */
export interface UpdateSite {
  readonly builder: GraphBuilder;
  readonly weight: ValueId;
  /** What the step is taken from. @default the weight */
  readonly from?: ValueId;
  /** The gradient times a factor, made in the cheapest way. */
  readonly gradient: (factor: Factor) => ValueId;
  /** The optimiser's own tensor of this weight's shape, zero at the start. */
  readonly slot: (name: string) => ValueId;
  /** The scalar input that `Optimizer.scalars` feeds on each run. */
  readonly stepSize: ValueId;
  /** A further scalar input, one a graph, that `Optimizer.scalars` feeds under this name. */
  readonly scalar: (name: string) => ValueId;
}

/** A value and the parameter that takes it. */
export type NewValue = readonly [parameter: ValueId, value: ValueId];

/** When a step is taken. */
export interface StepTime {
  /** Updates before and with this one: counts from 1, on through epochs. */
  readonly step: number;
  readonly learningRate: number;
}

/**
 * An update rule with Keras 3's arithmetic (keras/src/optimizers, 3.15).
 *
 * The rules are arranged for memory: on a large weight an update is bound by its passes over memory, so constant factors
 * go where they are free (onto the small operand of the gradient's matmul, into the step size).
 */
export interface Optimizer {
  readonly name: OptimizerName;
  update(site: UpdateSite): readonly NewValue[];
  /** The inputs that a graph with this optimiser needs on each run beside its own. */
  scalars(time: StepTime): Readonly<Record<string, HostTensor>>;
}

/** Name of the scalar input of every training graph. */
export const STEP_SIZE_INPUT = "stepSize";
/** Keras's default for Adam and RMSprop. */
const EPSILON = 1e-7;

const scalars = (stepSize: number): Readonly<Record<string, HostTensor>> => ({
  [STEP_SIZE_INPUT]: { shape: [], data: Float32Array.of(stepSize) },
});
/** What adamw leaves of a weight: 1 − lr · decay. */
const KEPT_INPUT = "keptShare";

/** RMSprop(rho = 0.9, momentum = 0, centered = False): v = ρv + (1−ρ)g²; w −= lr·g / √(v + ε). Slot `velocity` is v. */
function rmsprop(): Optimizer {
  const rho = 0.9;
  // h = √(1−ρ)·g comes free with the gradient, so that v = ρv + h² and w −= (lr/√(1−ρ))·h / √(v + ε)
  const share = Math.sqrt(1 - rho);
  return {
    name: "rmsprop",
    update({ builder, weight, gradient, slot, stepSize }) {
      const h = gradient({ constant: share });
      const velocity = slot("velocity");
      const next = builder.add(builder.scale(velocity, rho, 0), builder.unary("square", h));
      const direction = builder.divide(h, builder.unary("sqrt", builder.scale(next, 1, EPSILON)));
      const step = builder.multiply(direction, stepSize);
      return [
        [velocity, next],
        [weight, builder.subtract(weight, step)],
      ];
    },
    scalars: ({ learningRate }) => scalars(learningRate / share),
  };
}

/**
 * Adam(β₁ = 0.9, β₂ = 0.999): m += (g − m)(1−β₁); v += (g² − v)(1−β₂); w −= m·α / (√v + ε), α = lr·√(1−β₂ᵗ) / (1−β₁ᵗ).
 * Slot `velocity` is v, slot `momentum` is m·√(1−β₂)/(1−β₁): one gradient, scaled once, serves both.
 */
function adam(): Optimizer {
  const [beta1, beta2] = [0.9, 0.999];
  const share = Math.sqrt(1 - beta2);
  return {
    name: "adam",
    update({ builder, weight, from = weight, gradient, slot, stepSize }) {
      const h = gradient({ constant: share });
      const [momentum, velocity] = [slot("momentum"), slot("velocity")];
      const nextMomentum = builder.add(builder.scale(momentum, beta1, 0), h);
      const nextVelocity = builder.add(builder.scale(velocity, beta2, 0), builder.unary("square", h));
      const root = builder.scale(builder.unary("sqrt", nextVelocity), 1, EPSILON);
      const step = builder.multiply(builder.divide(nextMomentum, root), stepSize);
      return [
        [momentum, nextMomentum],
        [velocity, nextVelocity],
        [weight, builder.subtract(from, step)],
      ];
    },
    scalars: ({ step, learningRate }) =>
      scalars((adamAlpha(learningRate, step, { beta1, beta2 }) * (1 - beta1)) / share),
  };
}

/** Adam on weights that are first made smaller: w −= w · decay · lr (keras/src/optimizers/base_optimizer.py, all weights). */
function adamw(weightDecay: number): Optimizer {
  const rule = adam();
  return {
    name: "adamw",
    update(site) {
      const kept = site.builder.multiply(site.weight, site.scalar(KEPT_INPUT));
      return rule.update({ ...site, from: kept });
    },
    scalars: (time) => ({
      ...rule.scalars(time),
      [KEPT_INPUT]: { shape: [], data: Float32Array.of(1 - time.learningRate * weightDecay) },
    }),
  };
}

/**
 * α = lr·√(1−β₂ᵗ) / (1−β₁ᵗ), each operation rounded to float32 as Keras computes it: 1 − 0.999ᵗ loses five digits in
 * float32 at the first steps, which is more than the parity bound leaves for the whole training.
 */
function adamAlpha(
  learningRate: number,
  step: number,
  { beta1, beta2 }: { readonly beta1: number; readonly beta2: number },
): number {
  const remainder = (beta: number): number => Math.fround(1 - Math.fround(Math.fround(beta) ** step));
  const root = Math.fround(Math.sqrt(remainder(beta2)));
  return Math.fround(Math.fround(Math.fround(learningRate) * root) / remainder(beta1));
}

/** SGD(momentum): m = μm − lr·g; w += m; without momentum w −= lr·g. Slot `momentum` is m. */
function sgd(mu: number): Optimizer {
  return {
    name: "sgd",
    update({ builder, weight, gradient, slot, stepSize }) {
      const step = gradient({ value: stepSize });
      if (mu === 0) return [[weight, builder.subtract(weight, step)]];
      const momentum = slot("momentum");
      const next = builder.subtract(builder.scale(momentum, mu, 0), step);
      return [
        [momentum, next],
        [weight, builder.add(weight, next)],
      ];
    },
    scalars: ({ learningRate }) => scalars(learningRate),
  };
}

/**
 * @param options.momentum of sgd, in [0, 1); the other rules have none. @default 0
 * @param options.weightDecay of adamw, in [0, 1]; Keras's default is 0.004. @default 0.004
 */
export function createOptimizer(options: {
  readonly name: OptimizerName;
  readonly momentum?: number;
  readonly weightDecay?: number;
}): Optimizer {
  switch (options.name) {
    case "adam":
      return adam();
    case "adamw":
      return adamw(options.weightDecay ?? 0.004);
    case "rmsprop":
      return rmsprop();
    case "sgd":
      return sgd(options.momentum ?? 0);
  }
}
