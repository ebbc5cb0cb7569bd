/** What the paths in Keras's HDF5 files say of layers and variables, in each of its layouts. */
import type { File, Group } from "h5wasm";
import { groupBy } from "../dataset/groups.ts";
import { type FoundTensor, namedTensor, variableName } from "./found-tensor.ts";
import type { Hdf5Library } from "./hdf5-numbers.ts";

type TensorName = Omit<FoundTensor, "shape" | "read">;

/** Groups that hold a model's layers and are none themselves: those of Keras 2.12 and those of Keras 3. */
const CONTAINERS = new Set(["layers", "_layer_checkpoint_dependencies"]);
/** Of a whole model in Keras 2's layout. */
const MODEL_GROUP = "model_weights";

/** The parts of a path. Keras 2.12 and 2.13 write backslashes between some of them on Windows. */
const partsOf = (path: string): string[] => path.split(/[\\/]/).filter((part) => part !== "");

/** The same within the model. */
function partsInModel(path: string): string[] {
  const parts = partsOf(path);
  return parts[0] === MODEL_GROUP ? parts.slice(1) : parts;
}

/** Texts of an attribute that Keras cuts into `name0`, `name1` … where it is longer than 64 KiB. */
function texts({ attrs }: Group, name: string): readonly string[] {
  const numbers = Object.keys(attrs).flatMap((key) =>
    key.startsWith(name) && /^\d+$/.test(key.slice(name.length)) ? [Number(key.slice(name.length))] : [],
  );
  const pieces = attrs[name] ? [name] : numbers.toSorted((a, b) => a - b).map((number) => `${name}${number}`);
  return pieces.flatMap((piece) => [attrs[piece]?.value].flat()).map(String);
}

/** Outermost groups whose tensors all belong to one layer: it is the group's, and a nested model has more. */
function groupsOfOneLayer(paths: readonly string[]): ReadonlySet<string> {
  const groups = groupBy(paths.map(partsInModel), ([outermost = ""]) => outermost);
  const single = [...groups].filter(([, inside]) => {
    const layers = new Set(inside.map((parts) => parts.slice(1, -1).join("/")));
    return layers.size === 1;
  });
  return new Set(single.map(([group]) => group));
}

/** Layer and variable of each dataset of a file by its path. */
export class TensorNames {
  readonly #library: Hdf5Library;
  readonly #file: File;
  /** Places of the outermost layers in `model.layers`, by name; empty where the file does not say it. */
  readonly #places: ReadonlyMap<string, number>;
  readonly #single: ReadonlySet<string>;

  /** @param paths of all datasets of the file. */
  constructor(library: Hdf5Library, file: File, paths: readonly string[]) {
    this.#library = library;
    this.#file = file;
    const model = file.get(MODEL_GROUP);
    const names = texts(model instanceof library.Group ? model : file, "layer_names");
    this.#places = new Map(names.map((name, place) => [name, place]));
    this.#single = groupsOfOneLayer(paths);
  }

  /** @returns undefined for what is no layer's weight: an optimiser's numbers. */
  of(path: string): TensorName | undefined {
    const parts = partsOf(path);
    if (/^_?optimizer/.test(parts[0] ?? "")) return undefined;
    if (parts.at(-2) === "vars" && /^\d+$/.test(parts.at(-1) ?? "")) return this.#numbered(path, parts);
    const inModel = partsInModel(path);
    const name = namedTensor(inModel, this.#single.has(inModel[0] ?? ""));
    const place = name.model === "" ? this.#places.get(name.layer) : undefined;
    return { ...name, ...(place === undefined ? {} : { place }) };
  }

  /** Keras 3: layers/conv2d_1/vars/0, where the number counts layers of one class as the model lists them. */
  #numbered(path: string, parts: readonly string[]): TensorName {
    const groups = parts.slice(0, -2);
    const listed = groups.at(-1) ?? "";
    const [, className = "", place = "0"] = /^(.*?)(?:_(\d+))?$/.exec(listed) ?? [];
    const vars = this.#file.get(path.replace(/[\\/]\d+$/, ""));
    const isGroup = vars instanceof this.#library.Group;
    // from Keras 3.8 on, an attribute has the layer's own name
    const own = isGroup ? vars.attrs.name?.value : undefined;
    return {
      model: groups
        .slice(0, -1)
        .filter((part) => !CONTAINERS.has(part))
        .join("/"),
      layer: typeof own === "string" ? own : listed,
      className,
      place: Number(place),
      variable: variableName(listed, Number(parts.at(-1)), isGroup ? vars.keys().length : 0),
    };
  }
}
