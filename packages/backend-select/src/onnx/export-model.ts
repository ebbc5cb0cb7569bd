import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { exportTexts, type Graph, type Model, modelGraph, prune, rewriteGraph } from "@graft/core";
import { type ModelProto, ModelProtoSchema, StringStringEntryProtoSchema } from "./generated/onnx_pb.ts";
import { lowerGraph } from "./lower.ts";

/** Names of an exported model's input and output. */
export const ONNX_NAMES = { images: "images", probabilities: "probabilities", distance: "distance" } as const;

/** One column a class: a sigmoid's single p, of the label that sorts second, becomes [1 − p, p]. */
function twoColumns(graph: Graph): Graph {
  const { probabilities } = graph.outputs;
  if (probabilities === undefined || graph.nodes[probabilities]?.shape.at(-1) !== 1) return graph;
  return rewriteGraph(graph, ({ node, id, builder, renewed }) => {
    if (id !== probabilities || node.kind !== "op") return undefined;
    const second = builder.op(node.op, node.inputs.map(renewed));
    return builder.concat([builder.scale(second, -1, 1), second]);
  });
}

/**
 * A model's whole network with every number inside, as graph: `images` uint8 [batch, size, size, 3], RGB, through the image
 * rule → `probabilities` float32 [batch, classes] and, where the model has learned its likeness, `distance` float32 [batch, 1].
 */
export function exportGraph(model: Model): Graph {
  const baked = rewriteGraph(modelGraph(model), ({ node, builder }) => {
    if (node.kind !== "parameter") return undefined;
    const data = model.head.get(node.name);
    if (!data) throw new TypeError(`the model has no parameter ${node.name}`);
    return builder.constant(node.name, node.shape, data);
  });
  return prune(twoColumns(baked));
}

/** Gives the values at the model's border the names that programs use. */
function renameBorder({ graph }: ModelProto, names: ReadonlyMap<string, string>): void {
  const renamed = (name: string): string => names.get(name) ?? name;
  for (const value of [...(graph?.input ?? []), ...(graph?.output ?? [])]) value.name = renamed(value.name);
  for (const node of graph?.node ?? []) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
  }
}

/**
 * A model as an ONNX file: preprocessing from 8-bit pixels inside, labels and image rule as metadata.
 * @param lowered bytes of an ONNX model of {@link exportGraph}, or of a quantised form of it. @default as it is, float32
 * @throws CoreError `limit` when the numbers are more than a file holds (2 GiB), `bad-input` when the head does not fit.
 */
export function onnxFile(
  model: Model,
  lowered = lowerGraph(exportGraph(model), { maxPoolTellsOffsets: true, trainsByGemm: false }),
): Uint8Array<ArrayBuffer> {
  const proto = fromBinary(ModelProtoSchema, lowered.bytes); // arrays stay views of the bytes
  const borders = [...lowered.inputs, ...lowered.outputs].map(([name, inFile]) => [inFile, name] as const);
  renameBorder(proto, new Map(borders));
  for (const [i, node] of (proto.graph?.node ?? []).entries()) node.name = `${node.opType}_${i}`;
  const { labels, rule, versions, likeness } = model.manifest;
  proto.producerVersion = versions.graft ?? "";
  proto.docString = `${labels.join(", ")}: images uint8 [n, ${rule.size}, ${rule.size}, 3] RGB (see imageRule) to probabilities [n, ${labels.length}]${likeness ? " and distance [n, 1] (see likeness)" : ""}. Made with graft.`;
  // the network scales 0 … 255 to the inputRange itself
  proto.metadataProps = Array.from(exportTexts(model.manifest), ([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
  return toBinary(ModelProtoSchema, proto);
}

/** The metadata of an ONNX file. */
export function readOnnxMetadata(bytes: Uint8Array): ReadonlyMap<string, string> {
  const { metadataProps } = fromBinary(ModelProtoSchema, bytes);
  return new Map(metadataProps.map(({ key, value }) => [key, value]));
}
