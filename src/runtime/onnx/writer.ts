import onnxProto from "onnx-proto";
import type { onnx } from "onnx-proto";
import type { ConstantData, DType, Value } from "../trace/graph.js";
import { roundColumns } from "./int8.js";
import type { RoundedWeights } from "./rounded-weights.js";

/** onnx.TensorProto.DataType */
export const ELEMENT_TYPE = { float32: 1, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const;

/** Of onnxruntime's own operators. */
export const CONTRIB_DOMAIN = "com.microsoft";

const { AttributeType } = onnxProto.onnx.AttributeProto;

/** A node's attributes; `domain`, no attribute, is the set of operators that it belongs to where that is not ONNX's own. */
type NodeOptions = Readonly<Record<string, number | string | readonly number[]>> & { readonly domain?: string };

/** Collects the nodes and initializers of an ONNX graph. */
export class OnnxWriter {
  readonly nodes: onnx.INodeProto[] = [];
  readonly initializers: onnx.ITensorProto[] = [];
  private readonly int64Names = new Map<string, string>();
  private readonly written = new Set<string>();

  /** @param weights what may be rounded, and how */
  constructor(readonly weights: RoundedWeights) {}

  /** Appends a node; its output is named by the value or the text given. */
  node(
    opType: string,
    inputs: readonly (Value | string)[],
    output: Value | string,
    { domain, ...attributes }: NodeOptions = {},
  ): void {
    this.nodes.push({
      opType,
      ...(domain !== undefined && { domain }),
      input: inputs.map(nameOf),
      output: [nameOf(output)],
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    });
  }

  /** Gives values other names, wherever the nodes so far use them. */
  rename(names: ReadonlyMap<string, string>): void {
    const renamed = (list: readonly string[] | null | undefined) => list?.map((name) => names.get(name) ?? name);
    for (const node of this.nodes) {
      node.input = renamed(node.input);
      node.output = renamed(node.output);
    }
  }

  /** The name of a list of integers (shapes, axes), as which ONNX takes many of its parameters. */
  int64(values: readonly number[]): string {
    const key = values.join(",");
    const name = this.int64Names.get(key) ?? `i${this.int64Names.size}`;
    if (!this.int64Names.has(key)) {
      this.int64Names.set(key, name);
      const data = BigInt64Array.from(values, BigInt);
      this.initializer(name, ELEMENT_TYPE.int64, [values.length], data);
    }
    return name;
  }

  constant(value: Value, data: ConstantData): void {
    this.initializer(nameOf(value), ELEMENT_TYPE[value.dtype], value.shape, data);
  }

  /** The name of a value in half precision; constants are rounded when onnxruntime reads the model. */
  half(value: Value): string {
    const name = `${nameOf(value)}_float16`;
    this.once(name, () => this.node("Cast", [value], name, { to: ELEMENT_TYPE.float16 }));
    return name;
  }

  /** Names of a constant weight's 8-bit integers, scales and zeros. */
  int8(weight: Value): readonly string[] {
    const [integers, scales, zeros] = ["int8", "scales", "zeros"].map((what) => `${nameOf(weight)}_${what}`);
    this.once(integers, () => {
      const rounded = roundColumns(this.weights.data(weight), weight.shape);
      const columns = [weight.shape[1]];
      this.initializer(integers, ELEMENT_TYPE.int8, weight.shape, rounded.integers);
      this.initializer(scales, ELEMENT_TYPE.float32, columns, rounded.scales);
      this.initializer(zeros, ELEMENT_TYPE.int8, columns, new Int8Array(columns[0]));
    });
    return [integers, scales, zeros];
  }

  private once(name: string, write: () => void): void {
    if (this.written.has(name)) return;
    this.written.add(name);
    write();
  }

  scalar(name: string, dtype: DType, data: ConstantData): string {
    this.initializer(name, ELEMENT_TYPE[dtype], [], data);
    return name;
  }

  private initializer(
    name: string,
    dataType: number,
    dims: readonly number[],
    data: ConstantData | BigInt64Array | Int8Array,
  ): void {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push({ name, dataType, dims: [...dims], rawData });
  }
}

/** Names are stable: equal graphs give equal bytes. */
export function nameOf(value: Value | string): string {
  return typeof value === "string" ? value : `v${value.id}`;
}

/** The type and shape of a graph's input or output. */
export function valueInfo(name: string, dtype: DType, shape: readonly number[]): onnx.IValueInfoProto {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPE[dtype], shape: { dim } } } };
}

/** Numbers are integers to ONNX: no operator that we write takes a float attribute. */
function attribute(name: string, value: number | string | readonly number[]): onnx.IAttributeProto {
  if (typeof value === "number") return { name, type: AttributeType.INT, i: value };
  if (typeof value === "string") return { name, type: AttributeType.STRING, s: Buffer.from(value) };
  return { name, type: AttributeType.INTS, ints: [...value] };
}
