/** What stands in front of a trunk, by the config of the model that it lies in: Keras 2's, Keras 3's, tfjs's. */
import * as z from "zod";

const layerSchema = z.object({
  class_name: z.string(),
  name: z.string().optional(),
  config: z.record(z.string(), z.unknown()),
  inbound_nodes: z.unknown().optional(),
});
type Layer = z.infer<typeof layerSchema>;

/** One layer between the pixels and the trunk. */
export interface FrontLayer {
  /** Keras's class: `Rescaling`, `BatchNormalization`, `TFOpLambda`. */
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** What it is called with, null for a tensor: [null, 127.5] of `x / 127.5`. */
  readonly args: readonly (number | null)[];
}

const nameOf = ({ name, config }: Layer): string =>
  name ?? (typeof config.name === "string" ? config.name : "");

const layersOf = ({ config }: Layer): readonly Layer[] =>
  Array.isArray(config.layers) ? config.layers.flatMap((one) => layerSchema.safeParse(one).data ?? []) : [];

/** A layer's first call: the layers that it takes, and its arguments in their order. */
interface Call {
  readonly from: readonly string[];
  readonly args: readonly (number | null)[];
}

const kerasTensor = z.object({
  class_name: z.literal("__keras_tensor__"),
  config: z.object({ keras_history: z.tuple([z.string()]).rest(z.unknown()) }),
});
const keras3Call = z.object({
  args: z.array(z.unknown()),
  kwargs: z.record(z.string(), z.unknown()).optional(),
});
/** [name, call, output, arguments]; Keras 2 writes "_CONSTANT_VALUE", -1, 255 for a number. */
const keras2Tensor = z.tuple([z.string(), z.number(), z.unknown()]).rest(z.unknown());

/** Joins what an argument is made of: tensors, numbers, lists of them. */
function addArgument(value: unknown, call: { from: string[]; args: (number | null)[] }): void {
  const tensor =
    kerasTensor.safeParse(value).data?.config.keras_history ?? keras2Tensor.safeParse(value).data;
  if (tensor?.[0] === "_CONSTANT_VALUE") addArgument(tensor[2], call);
  else if (tensor) {
    call.from.push(tensor[0]);
    call.args.push(null);
  } else if (typeof value === "number") call.args.push(value);
  else if (Array.isArray(value)) for (const one of value) addArgument(one, call);
}

function callOf(inboundNodes: unknown): Call {
  const call: { from: string[]; args: (number | null)[] } = { from: [], args: [] };
  const [first]: unknown[] = Array.isArray(inboundNodes) ? inboundNodes : [];
  const ofKeras3 = keras3Call.safeParse(first).data;
  const values = ofKeras3
    ? [...ofKeras3.args, ...Object.values(ofKeras3.kwargs ?? {})]
    : keras2Tensor.safeParse(first).success
      ? [first]
      : Array.isArray(first)
        ? first
        : [];
  for (const value of values) {
    addArgument(value, call);
    const keywords = keras2Tensor.safeParse(value).data?.[3];
    if (typeof keywords === "object" && keywords !== null)
      for (const keyword of Object.values(keywords)) addArgument(keyword, call);
  }
  return call;
}

/** The layers before one in its own model, from the input on; a layer with several inputs ends the way back. */
function before(layer: Layer, model: Layer): FrontLayer[] {
  const layers = layersOf(model);
  const asFront = (one: Layer): FrontLayer => ({
    ...{ className: one.class_name, name: nameOf(one), config: one.config },
    args: callOf(one.inbound_nodes).args,
  });
  if (model.class_name === "Sequential") {
    const at = layers.findIndex((one) => nameOf(one) === nameOf(layer));
    return layers.slice(0, at).map(asFront);
  }
  const byName = new Map(layers.map((one) => [nameOf(one), one]));
  const found: FrontLayer[] = [];
  let at: Layer | undefined = layer;
  while (at && found.length < layers.length) {
    const { from }: Call = callOf(at.inbound_nodes);
    const [only] = new Set(from);
    at = only === undefined || new Set(from).size > 1 ? undefined : byName.get(only);
    if (at) found.unshift(asFront(at));
  }
  return found;
}

function wayTo(isTarget: (layer: Layer) => boolean, model: Layer): FrontLayer[] | undefined {
  for (const layer of layersOf(model)) {
    const inner = isTarget(layer) ? [] : wayTo(isTarget, layer);
    if (inner) return [...before(layer, model), ...inner];
  }
  return undefined;
}

const isFirstShape = ({ class_name, config }: Layer): boolean =>
  class_name === "Conv2D" && config.filters === 32 && JSON.stringify(config.strides) === "[2,2]";

/**
 * The layers from the pixels to a trunk, in their order.
 * @param config of a model, as JSON.
 * @param firstLayer what the file calls the trunk's first convolution.
 * @returns none for a config that is none, or that does not have the layer.
 */
export function layersInFront(config: unknown, firstLayer: string): readonly FrontLayer[] {
  const model = layerSchema.safeParse(config).data;
  if (!model) return [];
  const isNamed = (layer: Layer): boolean => layer.class_name === "Conv2D" && nameOf(layer) === firstLayer;
  // Keras before 3.8 keeps no names beside the weights
  return wayTo(isNamed, model) ?? wayTo(isFirstShape, model) ?? [];
}
