import type { Group } from "h5wasm";
import { CoreError } from "../errors.ts";
import { modelNumbers } from "../model/model-numbers.ts";
import type { Model } from "../model/types.ts";
import type { WeightTensor } from "../trunk/types.ts";
import { withHdf5File } from "../weights/hdf5.ts";
import { type Hdf5Library, readDataset } from "../weights/hdf5-numbers.ts";
import { exportTexts, withoutLikeness } from "./export-facts.ts";
import { writeHdf5 } from "./hdf5-writer.ts";
import { functionalConfig, inKerasOrder, kerasLayers, variablesOf } from "./keras-layers.ts";
import { type Network, parseNetwork } from "./network-config.ts";

/** Whose layout it is: Keras 2's last own release writes this; Keras 3 reads it through its legacy reader. */
const LAYOUT = { keras_version: "2.15.0", backend: "tensorflow" } as const;
const WEIGHTS = "model_weights";

/**
 * A whole model as Keras 2 saves it in one HDF5 file (keras/src/saving/legacy/hdf5_format.py): attributes with versions and
 * the functional config, and under `model_weights` a group a layer. Keras fills the k-th layer with weights in its
 * `model.layers` from the k-th such name in `layer_names`, so their order is Keras's, not the table's. There is no
 * training_config: the model was not compiled by Keras.
 *
 * Attributes that Keras does not know, and passes over, carry what a program needs beside the numbers (`exportTexts`):
 * `json.loads(h5py.File(path).attrs["labels"])`.
 * @throws CoreError `weights-mismatch`, `limit`.
 */
export function kerasHdf5(model: Model): Promise<Uint8Array> {
  const layers = inKerasOrder(kerasLayers(model.manifest));
  const numbers = modelNumbers(model);
  return writeHdf5((file) => {
    for (const [name, value] of Object.entries(LAYOUT)) {
      file.attribute("", name, value);
      file.attribute(WEIGHTS, name, value);
    }
    for (const [name, value] of exportTexts(withoutLikeness(model.manifest))) file.attribute("", name, value);
    file.attribute("", "model_config", JSON.stringify(functionalConfig(layers)));
    file.attribute(
      WEIGHTS,
      "layer_names",
      layers.map(({ name }) => name),
    );
    for (const layer of layers) {
      const group = `${WEIGHTS}/${layer.name}`;
      file.group(group);
      const variables = variablesOf(layer).map((variable) => `${layer.name}/${variable}`);
      // a layer without weights has no list: Keras takes an absent one for an empty one
      if (variables.length === 0) continue;
      file.attribute(
        group,
        "weight_names",
        variables.map((variable) => `${variable}:0`),
      );
      for (const variable of variables) {
        const tensor = numbers.get(variable);
        if (!tensor) throw new TypeError(`the network has no tensor ${variable}`);
        file.floats(`${group}/${variable}:0`, tensor);
      }
    }
  });
}

/** What a file of Keras has: the network of its config, its numbers by "layer/variable", the labels that graft adds. */
export interface KerasFile {
  readonly network: Network;
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** What the file says its labels are. */
  readonly labels: unknown;
}

/**
 * Reads a whole model in Keras 2's layout, as Keras does: by the names that its attributes list, in their order.
 * @param origin of the file, for errors.
 * @throws CoreError `corrupt`.
 */
export function readKerasHdf5(bytes: Uint8Array, origin: string): Promise<KerasFile> {
  return withHdf5File(bytes, origin, (library, file) => {
    const reader = new LayoutReader(library, file, origin);
    const network = parseNetwork(JSON.parse(reader.texts("", "model_config")[0] ?? "null"), origin);
    const names = network.layers.map(({ config }) => config.name);
    const listed = reader.texts(WEIGHTS, "layer_names");
    if (listed.join() !== names.join()) {
      throw new CoreError("corrupt", {
        what: `${origin} lists its weights in a different order from its layers.`,
        received: listed.slice(0, 5).join(", "),
        expected: names.slice(0, 5).join(", "),
      });
    }
    const tensors = listed.flatMap((layer) =>
      reader.texts(`${WEIGHTS}/${layer}`, "weight_names").map((name) => {
        const tensor = reader.tensor(`${WEIGHTS}/${layer}/${name}`);
        return [name.replace(/:0$/, ""), tensor] as const;
      }),
    );
    const labels: unknown = JSON.parse(reader.texts("", "labels")[0] ?? "null");
    return { network, tensors: new Map(tensors), labels };
  });
}

class LayoutReader {
  readonly #library: Hdf5Library;
  readonly #root: Group;
  readonly #origin: string;

  constructor(library: Hdf5Library, root: Group, origin: string) {
    this.#library = library;
    this.#root = root;
    this.#origin = origin;
  }

  /** An attribute's texts; none for an absent one. */
  texts(path: string, name: string): readonly string[] {
    const group = path === "" ? this.#root : this.#root.get(path);
    if (!(group instanceof this.#library.Group)) throw this.#absent(path);
    const value: unknown = group.attrs[name]?.value ?? [];
    return [value].flat().map(String);
  }

  tensor(path: string): WeightTensor {
    const dataset = this.#root.get(path);
    if (!(dataset instanceof this.#library.Dataset)) throw this.#absent(path);
    const shape = dataset.shape ?? [];
    return { shape, data: readDataset(dataset, shape, this.#origin) };
  }

  #absent(path: string): CoreError {
    return new CoreError("corrupt", { what: `${this.#origin} has no ${path}.` });
  }
}
