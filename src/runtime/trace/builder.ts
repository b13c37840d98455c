import type { Constant, ConstantData, DType, Graph, GraphNode, OpName, Operations, Value } from "./graph.js";
import { sizeOf } from "./graph.js";

/** Constants up to this many elements are compared by content, larger ones by identity. */
const COMPARE_UP_TO = 256;

/**
 * Builds a graph node by node. Equal expressions are built once (hash-consing does common-subexpression elimination);
 * what no output needs is dropped by {@link GraphBuilder.finish}.
 */
export class GraphBuilder {
  private readonly inputs: Value[] = [];
  private readonly constants = new Map<Value, ConstantData>();
  private readonly nodes = new Map<Value, GraphNode>();
  private readonly seen = new Map<string, Value>();
  private readonly seenData = new Map<ConstantData, Map<string, Value>>();
  private nextId = 0;

  input(shape: readonly number[], dtype: DType): Value {
    const value = this.newValue(shape, dtype);
    this.inputs.push(value);
    return value;
  }

  /** A constant; one whose elements are all equal becomes an expanded scalar, which elementwise operations absorb. */
  constant(data: ConstantData, shape: readonly number[], dtype: DType): Value {
    if (data.length > 1 && isUniform(data))
      return this.emit("expand", [this.scalar(data[0], dtype)], {}, { shape, dtype });
    return data.length <= COMPARE_UP_TO
      ? this.smallConstant(data, shape, dtype)
      : this.largeConstant(data, shape, dtype);
  }

  scalar(number: number, dtype: DType): Value {
    return this.smallConstant(typedArray(dtype, [number]), [], dtype);
  }

  /** Adds a node, or finds the equal one that is there already. */
  emit<K extends OpName>(
    op: K,
    inputs: readonly Value[],
    attributes: Operations[K],
    { shape, dtype }: Pick<Value, "shape" | "dtype">,
  ): Value {
    const key = `${op}(${inputs.map((v) => v.id).join(",")})${JSON.stringify(attributes)}${dtype}[${shape.join(",")}]`;
    return this.once(key, () => {
      const output = this.newValue(shape, dtype);
      this.nodes.set(output, { op, inputs, attributes, output } as unknown as GraphNode);
      return output;
    });
  }

  /** The node that computes a value; undefined for inputs and constants. */
  producer(value: Value): GraphNode | undefined {
    return this.nodes.get(value);
  }

  constantData(value: Value): ConstantData | undefined {
    return this.constants.get(value);
  }

  /** The graph of what the outputs need, renumbered from zero. */
  finish(name: string, outputs: readonly Value[]): Graph {
    const needed = this.reachable(outputs);
    const constants = [...this.constants.keys()].filter((v) => needed.has(v));
    const nodes = [...this.nodes.values()].filter((node) => needed.has(node.output));
    const numbered = new Map<Value, Value>();
    for (const value of [...this.inputs, ...constants, ...nodes.map((node) => node.output)])
      numbered.set(value, { ...value, id: numbered.size });
    const at = (value: Value) => numbered.get(value) as Value;
    return {
      name,
      inputs: this.inputs.map(at),
      constants: constants.map((v): Constant => ({ value: at(v), data: this.constants.get(v) as ConstantData })),
      nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(at), output: at(node.output) })),
      outputs: outputs.map(at),
    };
  }

  private reachable(outputs: readonly Value[]): Set<Value> {
    const found = new Set<Value>();
    const pending = [...outputs];
    for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
      if (found.has(value)) continue;
      found.add(value);
      pending.push(...(this.nodes.get(value)?.inputs ?? []));
    }
    return found;
  }

  private smallConstant(data: ConstantData, shape: readonly number[], dtype: DType): Value {
    // -0 and NaN must stay apart from 0 and from each other's text: String(-0) is "0".
    const text = Array.from(data, (v) => (Object.is(v, -0) ? "-0" : String(v))).join(",");
    return this.once(`const ${dtype}[${shape.join(",")}] ${text}`, () => this.newConstant(data.slice(), shape, dtype));
  }

  private largeConstant(data: ConstantData, shape: readonly number[], dtype: DType): Value {
    const byShape = this.seenData.get(data) ?? new Map<string, Value>();
    this.seenData.set(data, byShape);
    const key = shape.join(",");
    const value = byShape.get(key) ?? this.newConstant(data, shape, dtype);
    byShape.set(key, value);
    return value;
  }

  private newConstant(data: ConstantData, shape: readonly number[], dtype: DType): Value {
    const value = this.newValue(shape, dtype);
    this.constants.set(value, data);
    return value;
  }

  private newValue(shape: readonly number[], dtype: DType): Value {
    return { id: this.nextId++, shape: [...shape], dtype };
  }

  private once(key: string, make: () => Value): Value {
    const value = this.seen.get(key) ?? make();
    this.seen.set(key, value);
    return value;
  }
}

function isUniform(data: ConstantData): boolean {
  return data.every((v) => v === data[0]) && !data.some((v) => Object.is(v, -0));
}

/** Numbers (or a typed array of another kind) in the array type that stores a dtype. */
export function typedArray(dtype: DType, values: ArrayLike<number>): ConstantData {
  if (dtype === "float32") return Float32Array.from(values);
  return dtype === "int32" ? Int32Array.from(values) : Uint8Array.from(values);
}

/** A constant of `shape` with every element equal. */
export function filled(graph: GraphBuilder, number: number, shape: readonly number[], dtype: DType): Value {
  const scalar = graph.scalar(number, dtype);
  return shape.length === 0 && sizeOf(shape) === 1 ? scalar : graph.emit("expand", [scalar], {}, { shape, dtype });
}
