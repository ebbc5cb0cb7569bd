import { CoreError } from "../errors.ts";
import { sameShape, shapeText } from "../graph/infer-shape.ts";
import { type FoundTensor, layerNumber } from "./found-tensor.ts";
import { publicNames } from "./public-numbers.ts";
import { TRUNK_TENSORS } from "./tensors.ts";
import type { WeightTensor } from "./types.ts";

/** The trunk's tensors out of a file. */
export interface MatchedTensors {
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** Tensors of a top (dense layers and the like) that the file has and the trunk does not need, by their own names. */
  readonly leftOut: readonly string[];
}

interface WrongShape {
  readonly name: string;
  readonly received: readonly number[];
  readonly expected: readonly number[];
}

/** How many names of a list an error's text shows; its facts have all. */
const SHOWN = 5;

function counted(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : "";
  return [`${names.length} ${what} (${names.slice(0, SHOWN).join(", ")}${more})`];
}

function mismatch(
  origin: string,
  missing: readonly string[],
  extra: readonly string[],
  wrongShape: readonly WrongShape[],
): CoreError {
  const shapes = wrongShape.map(
    ({ name, received, expected }) => `${name} ${shapeText(received)} instead of ${shapeText(expected)}`,
  );
  const received = [
    ...counted("missing", missing),
    ...counted("extra", extra),
    ...counted("of another shape", shapes),
  ];
  return new CoreError(
    "weights-mismatch",
    {
      what: `The weights in ${origin} do not fit the trunk.`,
      received: received.join("; "),
      expected: `all ${TRUNK_TENSORS.length} tensors of a whole InceptionV3 without its top: 94 convolutions without bias, 94 batch norms without gamma`,
      fix: "Give weights of keras.applications.InceptionV3, or `bundled` or `imagenet`.",
    },
    { facts: { origin, missing, extra, wrongShape } },
  );
}

/** @throws CoreError `corrupt`: one number that is none makes every feature none, hundreds of layers later. */
function checkFinite(data: Float32Array, tensor: FoundTensor, origin: string): void {
  let at = 0;
  while (at < data.length && Number.isFinite(data[at])) at++; // a callback for 22 million numbers takes its time
  if (at === data.length) return;
  const name = `${tensor.layer}/${tensor.variable}`;
  throw new CoreError(
    "corrupt",
    {
      what: `The weights in ${origin} are not all finite numbers.`,
      received: `${data[at]} at position ${at} of ${name}`,
      expected: "finite float32 numbers",
      fix: "The training that made them went wrong, or the file is damaged: use another one.",
    },
    { facts: { origin, tensor: name } },
  );
}

/**
 * Finds the trunk's tensors among a file's and reads them. Layers of other kinds than the trunk's are taken for a top
 * and left out; what does not fit is reported all together.
 * @param origin of the file, for the error.
 * @throws CoreError `weights-mismatch` with facts `missing`, `extra` (names) and `wrongShape` (name, received, expected);
 * `corrupt` for numbers that are not finite.
 */
export function matchTensors(found: readonly FoundTensor[], origin: string): MatchedTensors {
  const names = publicNames(found);
  const byName = new Map<string, FoundTensor>();
  const leftOut: string[] = [];
  const extra: string[] = [];
  const known = new Set(TRUNK_TENSORS.map(({ name }) => name));
  for (const tensor of found) {
    const name = names.get(tensor) ?? "";
    const ownName = `${tensor.layer}/${tensor.variable}`;
    if (known.has(name) && !byName.has(name)) byName.set(name, tensor);
    else (layerNumber(tensor.layer) ? extra : leftOut).push(ownName);
  }
  const missing = TRUNK_TENSORS.filter(({ name }) => !byName.has(name)).map(({ name }) => name);
  const wrongShape = TRUNK_TENSORS.flatMap(({ name, shape }) => {
    const received = byName.get(name)?.shape ?? shape;
    return sameShape(received, shape) ? [] : [{ name, received, expected: shape }];
  });
  if (missing.length + extra.length + wrongShape.length > 0)
    throw mismatch(origin, missing, [...extra, ...leftOut], wrongShape);

  const tensors = new Map<string, WeightTensor>();
  for (const { name, shape } of TRUNK_TENSORS) {
    const tensor = byName.get(name);
    if (!tensor) continue;
    const data = tensor.read();
    checkFinite(data, tensor, origin);
    tensors.set(name, { shape, data });
  }
  return { tensors, leftOut };
}
