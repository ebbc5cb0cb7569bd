import { CoreError } from "../../errors.ts";
import { type Graph, numElements, type ParameterNode, type ValueId } from "../graph.ts";
import { prune } from "./prune.ts";
import { type RewriteSite, rewriteGraph } from "./rewrite.ts";

/** True when every reader of the value is a matmul that takes it as its right operand and transposes nothing. */
function isOnlyRightOperand(graph: Graph, id: ValueId): boolean {
  if (Object.values(graph.outputs).includes(id)) return false;
  return graph.nodes.every(
    (node) =>
      node.kind !== "op" ||
      !node.inputs.includes(id) ||
      (node.op.op === "matmul" && !node.op.transposeA && !node.op.transposeB && node.inputs[0] !== id),
  );
}

/** Rows of each block but the last: equal pieces, as few as fit under the limit. */
function rowsOfBlock(rows: number, columns: number, blockBytes: number): number {
  const most = Math.max(1, Math.floor(blockBytes / (columns * Float32Array.BYTES_PER_ELEMENT)));
  return Math.ceil(rows / Math.ceil(rows / most));
}

/** Adds `name#0`, `name#1`, … and returns them in row order. */
function makeBlocks({ builder }: RewriteSite, node: ParameterNode, blockRows: number): ValueId[] {
  const [rows = 0, columns = 0] = node.shape;
  return Array.from({ length: Math.ceil(rows / blockRows) }, (_, i) => {
    const start = i * blockRows;
    const size = Math.min(blockRows, rows - start);
    return builder.parameter(`${node.name}#${i}`, [size, columns], {
      role: node.role,
      block: { of: node.name, start, rows: size },
    });
  });
}

/** Σ x[:, rows of the block] · block */
function blockedMatmul({ builder }: RewriteSite, x: ValueId, blocks: readonly ValueId[]): ValueId {
  let start = 0;
  const products = blocks.map((block) => {
    const [rows] = builder.shapeOf(block);
    if (typeof rows !== "number") throw new TypeError("a block has a fixed number of rows");
    const columns = builder.sliceLast(x, start, rows);
    start += rows;
    return builder.matmul(columns, block);
  });
  return builder.addN(products);
}

/**
 * Cuts large weights into row blocks, so that an update's element-wise chain stays in cache (on a CPU) and every
 * binding under its limit (WebGPU). A weight [rows, columns] of more than `blockBytes` that is only the right operand
 * of matmuls becomes `name#0`, `name#1`, …; x · w becomes Σ x[:, block] · block. All others stay whole.
 *
 * Runs before `differentiate`, so that gradients and optimiser slots come out in the same blocks; the layout depends
 * on the weight and the limit alone, so the training and the evaluation graph of one head agree.
 *
 * @param blockBytes `BackendLimits.blockBytes`; Infinity leaves the graph as it is.
 * @throws CoreError `bad-input` when the graph has updates already.
 */
export function blockParameters(graph: Graph, blockBytes: number): Graph {
  if (graph.updates.length > 0) {
    throw new CoreError("bad-input", {
      what: "Parameters cannot be cut into blocks after updates were appended.",
      fix: "Call blockParameters before differentiate.",
    });
  }
  const blocks = new Map<ValueId, readonly ValueId[]>();
  const blocked = rewriteGraph(graph, (site) => {
    const { node, id, renewed } = site;
    if (node.kind === "parameter") {
      const [rows, columns] = node.shape;
      const bytes = numElements(node.shape) * Float32Array.BYTES_PER_ELEMENT;
      if (node.role !== "weight" || node.block || node.shape.length !== 2 || bytes <= blockBytes)
        return undefined;
      if (rows === undefined || columns === undefined || rows < 2 || !isOnlyRightOperand(graph, id))
        return undefined;
      const made = makeBlocks(site, node, rowsOfBlock(rows, columns, blockBytes));
      blocks.set(id, made);
      // every reader is a matmul, replaced below, so what stands for the whole weight is never read
      return made[0];
    }
    if (node.kind !== "op" || node.op.op !== "matmul") return undefined;
    const [x, weight] = node.inputs;
    const pieces = weight === undefined ? undefined : blocks.get(weight);
    if (x === undefined || !pieces) return undefined;
    return blockedMatmul(site, renewed(x), pieces);
  });
  return prune(blocked);
}
