import { create, toBinary } from "@bufbuild/protobuf";
import { CoreError, type DType, numElements, type Shape } from "@graft/core";
import {
  type AttributeProto,
  AttributeProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./generated/onnx_pb.ts";

// numbers of onnx.proto's enumerations
const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;
const INT32 = 6;
const INT64 = 7;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_INTS = 7;

/** ScatterElements that adds came with 16, ReduceSum with its axes as an input with 13. */
const OPSET = 17;
/** The format's version that goes with this opset (onnx/docs/Versioning.md). */
const IR_VERSION = 8;

/** A protobuf message holds at most 2 GiB, and ONNX Runtime refuses more. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;
/** Room for nodes and names beside the initializers. */
const STRUCTURE_BYTES = 2 ** 24;

/** Name of a value inside an ONNX graph. */
export type ValueName = string;
/** Whole numbers are `int`, lists `ints`. */
export type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

/** What an initializer's bytes are made from. */
type Numbers = Float32Array | BigInt64Array | Int8Array | Uint8Array | Int32Array;

const bytesOf = (data: Numbers): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function attributeOf(name: string, value: number | string | readonly number[]): AttributeProto {
  if (typeof value === "number")
    return create(AttributeProtoSchema, { name, type: ATTRIBUTE_INT, i: BigInt(value) });
  if (typeof value === "string")
    return create(AttributeProtoSchema, { name, type: ATTRIBUTE_STRING, s: new TextEncoder().encode(value) });
  return create(AttributeProtoSchema, { name, type: ATTRIBUTE_INTS, ints: value.map(BigInt) });
}

function infoOf(name: ValueName, shape: Shape, dtype: DType): ValueInfoProto {
  const dim = shape.map((length) =>
    length === "batch"
      ? { value: { case: "dimParam" as const, value: "batch" } }
      : { value: { case: "dimValue" as const, value: BigInt(length) } },
  );
  const tensor = { elemType: dtype === "uint8" ? UINT8 : FLOAT, shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value: tensor } } });
}

/** Collects the parts of an ONNX model and writes its bytes. Knows the format, not what the nodes are for. */
export class OnnxModel {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<ValueName, TensorProto>();
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #producers = new Map<ValueName, NodeProto>();
  readonly #renamed = new Map<ValueName, ValueName>();
  #count = 0;
  #initializerBytes = 0;

  /** Adds a node. @returns the name of its first result. */
  node(opType: string, inputs: readonly ValueName[], attributes: Attributes = {}): ValueName {
    return this.nodes(opType, inputs, { attributes, results: 1 })[0] ?? "";
  }

  /** Adds a node with several results, in the order of the operator's definition. */
  nodes(
    opType: string,
    inputs: readonly ValueName[],
    { attributes = {}, results }: { readonly attributes?: Attributes; readonly results: number },
  ): readonly ValueName[] {
    const output = Array.from({ length: results }, () => `v${this.#count++}`);
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
    const node = create(NodeProtoSchema, { opType, input: [...inputs], output, attribute });
    this.#nodes.push(node);
    for (const name of output) this.#producers.set(name, node);
    return output;
  }

  /**
   * A constant of float32. The array is kept, not copied, until the bytes are written.
   * @throws CoreError `limit` when the model grows over what the format holds.
   */
  floats(shape: readonly number[], data: Float32Array): ValueName {
    return this.#initializer(`c${this.#count++}`, shape, FLOAT, data);
  }

  /** A constant of whole numbers: quantised weights and biases. The array is kept until the bytes are written. */
  wholeNumbers(shape: readonly number[], data: Int8Array | Uint8Array | Int32Array): ValueName {
    const type = data instanceof Int8Array ? INT8 : data instanceof Uint8Array ? UINT8 : INT32;
    return this.#initializer(`c${this.#count++}`, shape, type, data);
  }

  /** A float32 constant [], one for each number. */
  scalar(value: number): ValueName {
    const name = `f${Object.is(value, -0) ? "-0" : value}`;
    return this.#initializers.has(name) ? name : this.#initializer(name, [], FLOAT, Float32Array.of(value));
  }

  /** A constant of int64 [n], one for each list: shapes, axes, pads. */
  integers(values: readonly number[]): ValueName {
    const name = `i${values.join(",")}`;
    if (this.#initializers.has(name)) return name;
    return this.#initializer(name, [values.length], INT64, BigInt64Array.from(values, BigInt));
  }

  input(name: ValueName, shape: Shape, dtype: DType): ValueName {
    this.#inputs.push(infoOf(name, shape, dtype));
    return name;
  }

  /** Makes a value a result of the model under a name of its own. Comes after all nodes. */
  output(name: ValueName, value: ValueName, shape: Shape, dtype: DType = "float32"): void {
    this.#outputs.push(infoOf(name, shape, dtype));
    const source = this.#producers.get(value);
    const taken = this.#renamed.get(value);
    if (!source || taken !== undefined) {
      // an input, a constant, or a second name for one value
      const input = [taken ?? value];
      this.#nodes.push(create(NodeProtoSchema, { opType: "Identity", input, output: [name] }));
      return;
    }
    // the node's own result takes the name: a copy of a large parameter would cost a pass over it
    const renamed = (old: ValueName): ValueName => (old === value ? name : old);
    source.output = source.output.map(renamed);
    for (const node of this.#nodes) if (node.input.includes(value)) node.input = node.input.map(renamed);
    this.#renamed.set(value, name);
  }

  /** The model as a file's bytes. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const model = create(ModelProtoSchema, {
      irVersion: BigInt(IR_VERSION),
      opsetImport: [{ domain: "", version: BigInt(OPSET) }],
      producerName: "graft",
      graph: {
        name: "graft",
        node: this.#nodes,
        initializer: [...this.#initializers.values()],
        input: this.#inputs,
        output: this.#outputs,
      },
    });
    return toBinary(ModelProtoSchema, model);
  }

  #initializer(name: ValueName, shape: readonly number[], dataType: number, data: Numbers): ValueName {
    if (data.length !== numElements(shape)) throw new TypeError(`the constant ${name} has the wrong length`);
    this.#initializerBytes += data.byteLength;
    if (this.#initializerBytes > MAX_MODEL_BYTES - STRUCTURE_BYTES) {
      throw new CoreError("limit", {
        what: "The graph's constants are too large for an ONNX model.",
        received: `more than ${this.#initializerBytes} bytes`,
        expected: `at most ${MAX_MODEL_BYTES - STRUCTURE_BYTES} bytes`,
        fix: "Use parameters in a state instead of constants, or another backend.",
      });
    }
    const dims = shape.map(BigInt);
    const proto = create(TensorProtoSchema, { name, dims, dataType, rawData: bytesOf(data) });
    this.#initializers.set(name, proto);
    return name;
  }
}
