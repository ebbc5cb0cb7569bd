import * as z from "zod";
import { CoreError } from "../errors.ts";
import { inputFaultsText } from "../input-faults.ts";

const pair = z.tuple([z.int().min(1), z.int().min(1)]);
const name = z.string();
const windowed = z.object({ name, strides: pair, padding: z.enum(["same", "valid"]) });
const activation = z.enum(["linear", "relu", "sigmoid", "softmax"]);
const noConfig = z.object({ name });
const inputShape = z.tuple([z.null(), z.int().min(1), z.int().min(1), z.int().min(1)]);
export type ActivationName = z.infer<typeof activation>;

/** An input layer's config: Keras 2 and tfjs call its shape batch_input_shape, Keras 3 batch_shape. */
const inputConfig = z.union([
  z.object({ name, batch_input_shape: inputShape }).transform(({ name, batch_input_shape }) => ({
    name,
    shape: batch_input_shape,
  })),
  z
    .object({ name, batch_shape: inputShape })
    .transform(({ name, batch_shape }) => ({ name, shape: batch_shape })),
]);

/** The layer that an input comes from, as Keras 3 says it. */
const kerasTensor = z
  .object({
    class_name: z.literal("__keras_tensor__"),
    config: z.object({ keras_history: z.tuple([name, z.literal(0), z.literal(0)]) }),
  })
  .transform(({ config }) => config.keras_history[0]);

/** The one call of a layer → names of the layers whose outputs it takes. */
const inboundNodes = z.union([
  // Keras 2 and tfjs
  z
    .array(z.array(z.tuple([name, z.literal(0), z.literal(0)], z.unknown())))
    .max(1)
    .transform(([call = []]) => call.map(([from]) => from)),
  z
    .array(z.object({ args: z.tuple([z.union([kerasTensor, z.array(kerasTensor)])]) }))
    .max(1)
    .transform(([call]) => (call ? [call.args[0]].flat() : [])),
]);

/** The layers that graft writes, each with the part of Keras's config that changes numbers. */
const layerSchema = z.intersection(
  z.discriminatedUnion("class_name", [
    z.object({ class_name: z.literal("InputLayer"), config: inputConfig }),
    z.object({ class_name: z.literal("Conv2D"), config: windowed.extend({ use_bias: z.literal(false) }) }),
    z.object({
      class_name: z.literal("BatchNormalization"),
      config: z.object({ name, epsilon: z.number(), scale: z.literal(false), center: z.literal(true) }),
    }),
    z.object({ class_name: z.literal("Activation"), config: z.object({ name, activation }) }),
    z.object({ class_name: z.literal("MaxPooling2D"), config: windowed.extend({ pool_size: pair }) }),
    z.object({ class_name: z.literal("AveragePooling2D"), config: windowed.extend({ pool_size: pair }) }),
    z.object({ class_name: z.literal("Concatenate"), config: noConfig }),
    z.object({ class_name: z.literal("GlobalAveragePooling2D"), config: noConfig }),
    z.object({ class_name: z.literal("Flatten"), config: noConfig }),
    z.object({ class_name: z.literal("Dense"), config: z.object({ name, activation }) }),
    z.object({ class_name: z.literal("Dropout"), config: noConfig }),
  ]),
  z.object({ inbound_nodes: inboundNodes }),
);

const output = z.tuple([name, z.literal(0), z.literal(0)]);

/** A functional network's config as Keras 2, Keras 3 and tfjs-layers write it. */
const networkSchema = z
  .object({
    class_name: z.literal("Functional"),
    config: z.object({
      layers: z.array(layerSchema),
      output_layers: z.union([z.tuple([output]).transform(([only]) => only), output]),
    }),
  })
  .transform(({ config }) => ({ layers: config.layers, output: config.output_layers[0] }));

export type Network = z.infer<typeof networkSchema>;
export type NetworkLayer = Network["layers"][number];

/**
 * A functional network out of its config: model_config of a model.json or .h5, config.json of a .keras.
 * @param where the file, for the message.
 * @throws CoreError `corrupt` for a config that graft does not write.
 */
export function parseNetwork(config: unknown, where: string): Network {
  const parsed = networkSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new CoreError("corrupt", {
    what: `${where} does not describe a network that graft writes.`,
    received: inputFaultsText(parsed.error, config),
    fix: "Export the model again.",
  });
}

const layersModelSchema = z.object({ modelTopology: z.object({ model_config: z.unknown() }) });

/** The network of a model.json. @throws as {@link parseNetwork}. */
export function parseLayersModel(json: unknown, where: string): Network {
  return parseNetwork(layersModelSchema.safeParse(json).data?.modelTopology.model_config, where);
}
