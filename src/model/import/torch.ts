import { halfToNumber } from "../../base/half.js";
import type { HostTensor } from "../../runtime/index.js";
import { describe, PickleGlobal, PickleObject, type PickleValue } from "./pickle.js";
import { pythonGlobals } from "./python-globals.js";

/** How a storage class lays its elements out (little-endian) and what they become here. */
interface ElementType {
  readonly bytes: number;
  readonly decode: (view: DataView, count: number) => Float32Array | Int32Array;
}

class StorageClass extends PickleGlobal {
  constructor(
    name: string,
    readonly element: ElementType,
  ) {
    super(name);
  }
}

/** A run of elements in an entry of the archive. */
class Storage extends PickleObject {
  readonly describe = "a tensor storage";
  constructor(
    readonly key: string,
    readonly element: ElementType,
    readonly count: number,
  ) {
    super();
  }
}

/** A tensor as the pickle describes it: a strided view of a storage. Its numbers are read only when asked for. */
export class TensorReference extends PickleObject {
  readonly describe = "a tensor";
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

/** Expanded (stride 0) tensors can announce more elements than their storage has; 2^28 are 1 GB. */
const LARGEST_TENSOR = 2 ** 28;

const floats = (bytes: number, at: (view: DataView, byte: number) => number): ElementType => ({
  bytes,
  decode: (view, count) => Float32Array.from({ length: count }, (_, i) => at(view, i * bytes)),
});
const integers = (bytes: number, at: (view: DataView, byte: number) => number): ElementType => ({
  bytes,
  decode: (view, count) => Int32Array.from({ length: count }, (_, i) => at(view, i * bytes)),
});

const STORAGES: Readonly<Record<string, ElementType>> = {
  FloatStorage: floats(4, (view, at) => view.getFloat32(at, true)),
  DoubleStorage: floats(8, (view, at) => view.getFloat64(at, true)),
  HalfStorage: floats(2, (view, at) => halfToNumber(view.getUint16(at, true))),
  BFloat16Storage: floats(2, (view, at) => fromBfloat16(view.getUint16(at, true))),
  LongStorage: integers(8, (view, at) => fromLong(view.getBigInt64(at, true))),
  IntStorage: integers(4, (view, at) => view.getInt32(at, true)),
  ShortStorage: integers(2, (view, at) => view.getInt16(at, true)),
  CharStorage: integers(1, (view, at) => view.getInt8(at)),
  ByteStorage: integers(1, (view, at) => view.getUint8(at)),
  BoolStorage: integers(1, (view, at) => Number(view.getUint8(at) !== 0)),
};

/**
 * The globals that a PyTorch pickle may name: Python's plain data, tensors, parameters, storage classes, sizes, devices.
 * @param fail throws an Error that names the file
 */
export function torchGlobals(fail: (what: string) => never): ReadonlyMap<string, PickleGlobal> {
  const globals = [
    ...pythonGlobals(fail),
    new PickleGlobal("torch._utils._rebuild_tensor_v2", (args) => rebuildTensor(args, fail)),
    new PickleGlobal("torch._utils._rebuild_parameter", ([tensor]) =>
      tensor instanceof TensorReference ? tensor : fail("a parameter is not a tensor"),
    ),
    new PickleGlobal("torch.Size", ([sizes]) =>
      isCounts(sizes) ? sizes : fail("a torch.Size is not a tuple of sizes"),
    ),
    new PickleGlobal("torch.device", (args) =>
      args.every((part) => typeof part === "string" || typeof part === "number")
        ? args.join(":")
        : fail("a torch.device is not made of names and numbers"),
    ),
    ...Object.entries(STORAGES).map(([name, element]) => new StorageClass(`torch.${name}`, element)),
  ];
  return new Map(globals.map((entry) => [entry.name, entry]));
}

/** Resolves PyTorch's persistent ids: ("storage", class, key, device, element count). */
export function torchStorage(id: PickleValue, fail: (what: string) => never): PickleValue {
  const [kind, type, key, , count] = Array.isArray(id) ? (id as readonly PickleValue[]) : [];
  if (kind !== "storage" || !(type instanceof StorageClass) || typeof key !== "string" || !isCount(count))
    return fail(
      `expected a persistent id ("storage", class, key, device, count), found ${describe(id)} that is not one`,
    );
  return new Storage(key, type.element, count);
}

/**
 * The numbers of a tensor, row-major and contiguous: floating types become Float32Array, integers and booleans Int32Array.
 * @param read gives a storage's bytes by its key
 * @param fail throws an Error that names the file and the tensor
 */
export function loadTensor(
  { storage, offset, shape, strides }: TensorReference,
  read: (key: string) => Uint8Array,
  fail: (what: string) => never,
): HostTensor {
  const bytes = read(storage.key);
  const expected = storage.count * storage.element.bytes;
  if (bytes.length !== expected)
    fail(`its storage ${storage.key} should have ${expected} bytes (${storage.count} elements), found ${bytes.length}`);
  const all = decodeAll(storage, bytes, fail);
  return {
    shape,
    data: isContiguous(shape, strides)
      ? all.slice(offset, offset + product(shape))
      : gather(all, offset, shape, strides),
  };
}

function decodeAll(
  { element, count }: Storage,
  bytes: Uint8Array,
  fail: (what: string) => never,
): Float32Array | Int32Array {
  try {
    return element.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), count);
  } catch (error) {
    return fail((error as Error).message);
  }
}

/** Walks the view in row-major order. */
function gather(
  all: Float32Array | Int32Array,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): Float32Array | Int32Array {
  const out = all instanceof Float32Array ? new Float32Array(product(shape)) : new Int32Array(product(shape));
  const index = shape.map(() => 0);
  let from = offset;
  for (let to = 0; to < out.length; to++) {
    out[to] = all[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return out;
}

/** Arguments of torch._utils._rebuild_tensor_v2: storage, offset, size, stride, then gradient flags that do not matter here. */
function rebuildTensor(
  [storage, offset, shape, strides]: readonly PickleValue[],
  fail: (what: string) => never,
): TensorReference {
  if (
    !(storage instanceof Storage) ||
    !isCount(offset) ||
    !isCounts(shape) ||
    !isCounts(strides) ||
    shape.length !== strides.length
  )
    return fail("a tensor is not described by a storage, an offset, sizes and as many strides");
  const elements = product(shape);
  if (elements > LARGEST_TENSOR)
    fail(`a tensor of shape [${shape.join(", ")}] is larger than the limit of ${LARGEST_TENSOR} elements`);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], offset);
  if (elements > 0 && last >= storage.count)
    fail(
      `a tensor of shape [${shape.join(", ")}] at offset ${offset} reaches element ${last} of storage ${storage.key}, which has ${storage.count}`,
    );
  return new TensorReference(storage, offset, shape, strides);
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; expected *= shape[axis--])
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
  return true;
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
const isCount = (value: PickleValue | undefined): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const isCounts = (value: PickleValue | undefined): value is readonly number[] =>
  Array.isArray(value) && value.length <= 32 && value.every(isCount);

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function fromBfloat16(bits: number): number {
  scratch.setUint32(0, bits * 0x10000);
  return scratch.getFloat32(0);
}

function fromLong(value: bigint): number {
  if (BigInt.asIntN(32, value) !== value) throw new Error(`the integer ${value} does not fit 32 bits`);
  return Number(value);
}
