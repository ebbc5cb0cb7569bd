import * as z from "zod";
import { type FrontLayer, layersInFront } from "./model-config.ts";

/** What a file says of the pixels that its trunk gets. */
export interface StatedRange {
  /** 0 → first, 255 → second. Undefined where it says nothing that can be used. */
  readonly range?: readonly [number, number];
  /** Names of the layers that scale; a name of a file in a model of graft. */
  readonly by: readonly string[];
  /** Names of layers in front of the trunk that change pixels in another way, and are left out. */
  readonly inFront: readonly string[];
  /** True for layers that scale what is scaled already: they do not say what 255 becomes. */
  readonly takesScaled?: boolean;
}

/** What a weights file has beside its tensors. */
export interface AboutModel {
  /** The network's config, as JSON; undefined where there is none. */
  readonly config?: unknown;
  /** What graft writes into its exports, by name; JSON or its text. */
  readonly facts?: unknown;
}

const range = z.tuple([z.number(), z.number()]);
const ofGraft = z.object({
  graftVersion: z.string(),
  inputRange: z.union([range, z.string().transform((text) => range.parse(JSON.parse(text)))]),
});

/** The range that an export of graft names; undefined for another program's file. */
function ownRange(facts: unknown): readonly [number, number] | undefined {
  try {
    return ofGraft.safeParse(facts).data?.inputRange;
  } catch {
    return undefined; // a text that is no range says nothing
  }
}

/** x → scale · x + offset */
type Affine = readonly [scale: number, offset: number];

/** Layers that move or choose pixels, or do so in training alone: they leave the range as it is. */
const KEEPS_RANGE =
  /^(InputLayer|Identity|Random\w+|Resizing|CenterCrop|Cropping2D|ZeroPadding2D|UpSampling2D|Dropout|SpatialDropout2D|GaussianNoise|GaussianDropout|Cast|CastToFloat32|Functional|Model|Sequential)$/;

type Operation = "divide" | "multiply" | "add" | "subtract";

/** Operators of Keras 3 by class, of Keras 2 by the function of a TFOpLambda. */
function operation({ className, config }: FrontLayer): Operation | undefined {
  const name = className === "TFOpLambda" || className === "SlicingOpLambda" ? config.function : className;
  switch (name) {
    case "TrueDivide":
    case "Divide":
    case "math.truediv":
    case "math.divide":
    case "__operators__.truediv":
      return "divide";
    case "Multiply":
    case "math.multiply":
    case "__operators__.mul":
      return "multiply";
    case "Add":
    case "math.add":
    case "__operators__.add":
      return "add";
    case "Subtract":
    case "math.subtract":
    case "__operators__.sub":
      return "subtract";
    default:
      return undefined;
  }
}

function fromOperation(layer: FrontLayer): Affine | undefined {
  const [left, right, ...more] = layer.args;
  const number = left ?? right;
  const isOneOfTwo = more.length === 0 && (left === null) !== (right === null);
  if (typeof number !== "number" || !isOneOfTwo) return undefined;
  switch (operation(layer)) {
    case "divide":
      return left === null ? [1 / number, 0] : undefined;
    case "multiply":
      return [number, 0];
    case "add":
      return [1, number];
    case "subtract":
      return left === null ? [1, -number] : [-1, number];
    default:
      return undefined;
  }
}

function affineOf(layer: FrontLayer): Affine | undefined {
  if (layer.className !== "Rescaling") return fromOperation(layer);
  const { scale, offset = 0 } = layer.config;
  return typeof scale === "number" && typeof offset === "number" ? [scale, offset] : undefined;
}

/** -1.0000000000000002 comes of 255 · (1 / 127.5) − 1, and means −1. */
const rounded = (value: number): number => Number(value.toPrecision(12)) + 0;

/**
 * What a file says of its trunk's pixels: what graft wrote into it, else what the layers in front of the trunk do.
 * @param firstLayer what the file calls the trunk's first convolution.
 */
export function statedRange({ config, facts }: AboutModel, firstLayer: string): StatedRange {
  const own = ownRange(facts);
  return own ? { range: own, by: ["graft"], inFront: [] } : rangeInFront(layersInFront(config, firstLayer));
}

/** The range that layers in front of a trunk make of pixels 0 … 255. */
function rangeInFront(front: readonly FrontLayer[]): StatedRange {
  let scale = 1;
  let offset = 0;
  const by: string[] = [];
  const inFront: string[] = [];
  for (const layer of front) {
    const affine = affineOf(layer);
    if (affine) {
      scale *= affine[0];
      offset = affine[0] * offset + affine[1];
      by.push(layer.name);
    } else if (!KEEPS_RANGE.test(layer.className)) inFront.push(layer.name);
  }
  if (by.length === 0) return { by, inFront };
  // a Rescaling(2, -1) takes pixels that are in [0, 1] already: how they came to be so, the file does not say
  if (!(scale !== 0 && Math.abs(scale) <= 1) || !Number.isFinite(offset))
    return { by, inFront, takesScaled: true };
  return { range: [rounded(offset), rounded(255 * scale + offset)], by, inFront };
}
