import { parseJson } from "../base/json.js";

/**
 * The safetensors container (huggingface.co/docs/safetensors): 8 bytes little-endian header length, a JSON header
 * {name: {dtype, shape, data_offsets}}, then the tensors' bytes without gaps or overlaps.
 */

/** Element types that we read and write. F16 is kept as its raw 16-bit patterns (see half.ts). */
export interface SafetensorsArrays {
  F32: Float32Array;
  F16: Uint16Array;
  I32: Int32Array;
  U8: Uint8Array;
  I64: BigInt64Array;
}

/** Number types of a safetensors file that are read and written. */
export type SafetensorsDtype = keyof SafetensorsArrays;

/** One tensor, row-major. */
export type SafetensorsTensor = {
  [D in SafetensorsDtype]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: SafetensorsArrays[D];
  };
}[SafetensorsDtype];

/** Named tensors and text metadata of a safetensors file. */
export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, SafetensorsTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface HeaderEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const itemSize: Record<SafetensorsDtype, number> = { F32: 4, F16: 2, I32: 4, U8: 1, I64: 8 };
/** The limit of the format's own implementation. */
const largestHeader = 100_000_000;
/** "{", with which the format lets a header begin. */
const openingBrace = 0x7b;

/**
 * The bytes of a safetensors file. Tensors are laid out by falling item size, then name, so that each is aligned.
 *
 * @throws Error when a shape does not fit its data.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, SafetensorsTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = Object.entries(tensors).sort(
    ([a, x], [b, y]) => itemSize[y.dtype] - itemSize[x.dtype] || (a < b ? -1 : 1),
  );
  let end = 0;
  const header: [string, unknown][] = [["__metadata__", metadata]];
  for (const [name, tensor] of ordered) {
    checkEncodable(name, tensor);
    const begin = end;
    end += tensor.data.byteLength;
    header.push([name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] }]);
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end).fill(0x20, 8, 8 + headerLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, 8);
  let at = 8 + headerLength;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. The arrays are views of `bytes` where alignment allows, copies otherwise.
 *
 * @param fileName only for messages.
 * @throws Error that names the file and the tensor when anything breaks the format: a header that is too long or is
 * not JSON, an unknown dtype, sizes that disagree with the shape, offsets that overlap, leave a gap or leave the file.
 */
export function decodeSafetensors(bytes: Uint8Array, fileName: string): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes, fileName);
  const metadata = readMetadata(header.__metadata__, fileName);
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => readEntry(name, value, fileName))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(entries, bytes.length - dataStart, fileName);
  // Without a prototype: a tensor may be called "__proto__".
  const tensors = Object.create(null) as Record<string, SafetensorsTensor>;
  for (const entry of entries) tensors[entry.name] = viewTensor(entry, bytes, dataStart);
  return { tensors, metadata };
}

function checkEncodable(name: string, { dtype, shape, data }: SafetensorsTensor): void {
  if (name === "__metadata__") throw new Error('a tensor may not be called "__metadata__"');
  const expected = elementCount(shape);
  if (data.length !== expected || data.BYTES_PER_ELEMENT !== itemSize[dtype])
    throw new Error(`tensor "${name}": ${dtype} [${shape.join(", ")}] needs ${expected} values, got ${data.length}`);
}

function readHeader(bytes: Uint8Array, fileName: string): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8)
    throw new Error(`${fileName}: not a safetensors file: ${bytes.length} bytes, expected at least 8`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(Math.min(largestHeader, bytes.length - 8)))
    throw new Error(`${fileName}: header length ${length} does not fit: the file has ${bytes.length} bytes`);
  const dataStart = 8 + Number(length);
  const header = bytes[8] === openingBrace && parseJson(bytes.subarray(8, dataStart), `${fileName}: header`);
  if (!isObject(header)) throw new Error(`${fileName}: the header is not a JSON object`);
  return { header, dataStart };
}

function readMetadata(value: unknown, fileName: string): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value) || !Object.values(value).every((v) => typeof v === "string"))
    throw new Error(`${fileName}: __metadata__ must map names to strings`);
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, fileName: string): HeaderEntry {
  const fail = (what: string): never => {
    throw new Error(`${fileName}: tensor "${name}": ${what}`);
  };
  if (!isObject(value)) return fail("its header entry is not an object");
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(itemSize, dtype))
    return fail(`dtype ${JSON.stringify(dtype)} is not one of ${Object.keys(itemSize).join(", ")}`);
  if (!isCounts(shape)) return fail(`shape ${JSON.stringify(shape)} is not a list of whole numbers`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1])
    return fail(`data_offsets ${JSON.stringify(offsets)} is not [begin, end]`);
  const expected = elementCount(shape) * itemSize[dtype as SafetensorsDtype];
  const [begin, end] = offsets;
  if (end - begin !== expected)
    return fail(`${dtype} [${shape.join(", ")}] needs ${expected} bytes, data_offsets give ${end - begin}`);
  return { name, dtype: dtype as SafetensorsDtype, shape, begin, end };
}

function checkLayout(entries: readonly HeaderEntry[], dataLength: number, fileName: string): void {
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end)
      throw new Error(
        `${fileName}: tensor "${entry.name}" begins at byte ${entry.begin}, expected ${end} (${entry.begin < end ? "overlap" : "gap"})`,
      );
    end = entry.end;
  }
  if (end !== dataLength)
    throw new Error(`${fileName}: the header describes ${end} bytes of data, the file has ${dataLength}`);
}

function viewTensor(entry: HeaderEntry, bytes: Uint8Array, dataStart: number): SafetensorsTensor {
  const { dtype, shape, begin, end } = entry;
  const raw = bytes.subarray(dataStart + begin, dataStart + end);
  const aligned = raw.byteOffset % itemSize[dtype] === 0 ? raw : raw.slice();
  const data = new arrayTypes[dtype](aligned.buffer as ArrayBuffer, aligned.byteOffset, elementCount(shape));
  return { dtype, shape, data } as SafetensorsTensor;
}

const arrayTypes = { F32: Float32Array, F16: Uint16Array, I32: Int32Array, U8: Uint8Array, I64: BigInt64Array };

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
}
