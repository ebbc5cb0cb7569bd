import { CoreError } from "../errors.ts";
import { type Graph, type InputNode, numElements } from "../graph/graph.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import { shapeText } from "../graph/infer-shape.ts";

const dtypeOf = (tensor: HostTensor): string => (tensor.data instanceof Uint8Array ? "uint8" : "float32");

function checkInput(node: InputNode, tensor: HostTensor | undefined): HostTensor {
  const expected = `${node.dtype} ${shapeText(node.shape)}`;
  if (!tensor) throw new CoreError("bad-input", { what: `The input ${node.name} is missing.`, expected });
  const fits =
    tensor.shape.length === node.shape.length &&
    node.shape.every((dim, i) => dim === "batch" || dim === tensor.shape[i]) &&
    dtypeOf(tensor) === node.dtype;
  const received = `${dtypeOf(tensor)} ${shapeText(tensor.shape)}`;
  if (!fits) {
    throw new CoreError("bad-input", {
      what: `The input ${node.name} has the wrong shape or type.`,
      received,
      expected,
    });
  }
  if (tensor.data.length !== numElements(tensor.shape)) {
    throw new CoreError("bad-input", {
      what: `The input ${node.name} has the wrong length.`,
      received: `${tensor.data.length} numbers for ${received}`,
      expected: `${numElements(tensor.shape)} numbers`,
    });
  }
  return tensor;
}

/**
 * Checks what a program is fed, so that every engine refuses the same things with the same words.
 *
 * @returns the batch size that the inputs agree on; 1 when no input has a batch axis.
 * @throws CoreError `bad-input` when an input is missing, has another shape, type or length, the batch is 0, or two
 *   inputs disagree on it. Names that the graph does not have are ignored.
 */
export function checkInputs(graph: Graph, inputs: Readonly<Record<string, HostTensor>>): number {
  let batch: { size: number; from: string } | undefined;
  for (const node of graph.nodes) {
    if (node.kind !== "input") continue;
    const tensor = checkInput(node, inputs[node.name]);
    const axis = node.shape.indexOf("batch");
    const size = tensor.shape[axis];
    if (size === undefined) continue;
    if (size < 1) {
      throw new CoreError("bad-input", {
        what: `The input ${node.name} has an empty batch.`,
        expected: "at least one row",
      });
    }
    if (batch && batch.size !== size) {
      throw new CoreError("bad-input", {
        what: "Two inputs have different batch sizes.",
        received: `${batch.from}: ${batch.size}, ${node.name}: ${size}`,
      });
    }
    batch = { size, from: node.name };
  }
  return batch?.size ?? 1;
}

/**
 * Checks that a state has the parameters of a graph, by name.
 * @throws CoreError `bad-input` when the graph has parameters and there is no state, or one of them is not in it.
 */
export function checkParameters(
  graph: Graph,
  state: { readonly has: (name: string, shape: readonly number[]) => boolean } | undefined,
): void {
  for (const node of graph.nodes) {
    if (node.kind !== "parameter") continue;
    if (!state)
      throw new CoreError("bad-input", {
        what: "This graph has parameters, so it cannot run without a state.",
        received: `the parameter ${node.name}`,
      });
    if (!state.has(node.name, node.shape))
      throw new CoreError("bad-input", {
        what: "The state lacks a parameter of this graph.",
        expected: `${node.name} ${shapeText(node.shape)}`,
        fix: "Make the state from the graph with the most parameters, with blocks cut the same way.",
      });
  }
}
