import { CoreError } from "../errors.ts";
import { sameShape, shapeText } from "../graph/infer-shape.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import { tensorsUpTo } from "../trunk/tensors.ts";
import type { TrunkInFile } from "./find-trunk.ts";
import type { FoundLayer } from "./found-layer.ts";

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

/** "conv2d_5/kernel"; the variable alone for what lies in no layer. */
export const tensorName = (layer: string, variable: string): string =>
  layer === "" ? variable : `${layer}/${variable}`;

/** The file's tensor for a public name, `conv2d_5/kernel`. */
export function tensorOf(trunk: TrunkInFile | undefined, name: string) {
  const at = name.lastIndexOf("/");
  return trunk?.layers.get(name.slice(0, at))?.tensors.get(name.slice(at + 1));
}

function expectedText(cut: CutLayer): string {
  const numTensors = tensorsUpTo(cut).length;
  const which = cut === "mixed10" ? "a whole InceptionV3 without its top" : `InceptionV3 up to ${cut}`;
  const number = numTensors / 4;
  return `all ${numTensors} tensors of ${which}: ${number} convolutions without bias, ${number} batch norms without gamma`;
}

export interface Mismatch {
  readonly origin: string;
  /** What the file has; undefined for nothing that is like a trunk. */
  readonly trunk: TrunkInFile | undefined;
  /** All layers of the file. */
  readonly layers: readonly FoundLayer[];
  /** The last block that is needed. */
  readonly cut: CutLayer;
}

/** `weights-mismatch` with all that is missing, extra and of another shape; a trunk that only ends too early says where. */
export function trunkMismatch({ origin, trunk, layers, cut }: Mismatch): CoreError {
  const specs = tensorsUpTo(cut);
  const missing = specs.filter(({ name }) => !tensorOf(trunk, name)).map(({ name }) => name);
  const wrongShape = specs.flatMap(({ name, shape }): WrongShape[] => {
    const received = tensorOf(trunk, name)?.shape ?? shape;
    return sameShape(received, shape) ? [] : [{ name, received, expected: shape }];
  });
  const known = new Set(specs.map(({ name }) => tensorOf(trunk, name)));
  const extra = layers.flatMap(({ name, tensors }) =>
    [...tensors.values()]
      .filter((tensor) => !known.has(tensor))
      .map(({ variable }) => tensorName(name, variable)),
  );
  const shapes = wrongShape.map(
    ({ name, received, expected }) => `${name} ${shapeText(received)} instead of ${shapeText(expected)}`,
  );
  const upTo = trunk?.cut;
  const facts = { origin, missing, extra, wrongShape, ...(upTo === undefined ? {} : { upTo }) };
  return new CoreError(
    "weights-mismatch",
    {
      what:
        upTo === undefined
          ? `The weights in ${origin} do not fit the trunk.`
          : `${origin} has the trunk up to ${upTo}, and the cut is ${cut}.`,
      received: [
        ...counted("missing", missing),
        ...counted("extra", extra),
        ...counted("of another shape", shapes),
      ].join("; "),
      expected: expectedText(cut),
      fix:
        upTo === undefined
          ? "Give weights of keras.applications.InceptionV3, or `bundled` or `imagenet`."
          : `Cut at ${upTo} or before it (\`cut: ${upTo}\`), or give weights of the whole InceptionV3.`,
    },
    { facts },
  );
}
