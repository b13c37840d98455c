import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors, type SafetensorsTensor } from "../../src/data/index.js";

/** A file from a header as text and its data, for what the encoder would never write. */
function file(header: string, dataBytes: number, length = header.length): Uint8Array {
  const bytes = Buffer.alloc(8 + header.length + dataBytes);
  bytes.writeBigUInt64LE(BigInt(length));
  bytes.write(header, 8);
  return bytes;
}

const entry = (begin: number, end: number, shape: number[], dtype = "U8") =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

describe("safetensors", () => {
  const anyTensor: fc.Arbitrary<SafetensorsTensor> = fc.oneof(
    fc.float32Array().map((data) => ({ dtype: "F32" as const, shape: [data.length], data })),
    fc.uint16Array().map((data) => ({ dtype: "F16" as const, shape: [1, data.length], data })),
    fc.int32Array().map((data) => ({ dtype: "I32" as const, shape: [data.length, 1], data })),
    fc.uint8Array().map((data) => ({ dtype: "U8" as const, shape: [data.length], data })),
    fc.bigInt64Array().map((data) => ({ dtype: "I64" as const, shape: [data.length], data })),
  );
  const anyName = fc.string({ unit: "grapheme" }).filter((name) => name !== "__metadata__" && name !== "__proto__");

  it("gives back what was put in, at any alignment", () => {
    fc.assert(
      fc.property(
        fc.dictionary(anyName, anyTensor, { maxKeys: 6 }),
        fc.dictionary(anyName, fc.string()),
        fc.nat(7),
        (tensors, metadata, offset) => {
          const encoded = encodeSafetensors(tensors, metadata);
          const moved = new Uint8Array(encoded.length + offset);
          moved.set(encoded, offset);
          const decoded = decodeSafetensors(moved.subarray(offset), "x");
          expect({ ...decoded.tensors }).toEqual({ ...tensors });
          expect({ ...decoded.metadata }).toEqual({ ...metadata });
        },
      ),
    );
  });

  it("is the documented layout, byte for byte", () => {
    const bytes = encodeSafetensors({ a: { dtype: "U8", shape: [2], data: Uint8Array.of(7, 9) } }, { k: "v" });
    const header = '{"__metadata__":{"k":"v"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}';
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    expect(Buffer.from(bytes).toString("latin1", 8)).toBe(header.padEnd(bytes.length - 10) + "\x07\x09");
  });

  it.each([
    ["shorter than its length field", Uint8Array.of(1, 2, 3), /3 bytes, expected at least 8/],
    ["a header longer than the file", file("{}", 0, 3), /header length 3 does not fit: the file has 10 bytes/],
    ["an absurd header length", file("{}", 0, 2 ** 52), /header length 4503599627370496 does not fit/],
    ["no JSON", file("{,}", 0), /header(: not JSON| is not a JSON object)/],
    ["a list", file("[]", 0), /header is not a JSON object/],
    [
      "an overlap",
      file(`{"a":${entry(0, 4, [4])},"b":${entry(2, 6, [4])}}`, 6),
      /"b" begins at byte 2, expected 4 \(overlap\)/,
    ],
    ["a gap", file(`{"a":${entry(0, 2, [2])},"b":${entry(3, 5, [2])}}`, 5), /"b" begins at byte 3, expected 2 \(gap\)/],
    ["data left over", file(`{"a":${entry(0, 2, [2])}}`, 5), /describes 2 bytes of data, the file has 5/],
    ["data missing", file(`{"a":${entry(0, 9, [9])}}`, 5), /describes 9 bytes of data, the file has 5/],
    [
      "a shape that disagrees",
      file(`{"a":${entry(0, 4, [2], "F32")}}`, 4),
      /F32 \[2\] needs 8 bytes, data_offsets give 4/,
    ],
    ["an overflowing shape", file(`{"a":${entry(0, 0, [2 ** 52, 2 ** 52, 2 ** 52])}}`, 0), /needs/],
    ["a negative shape", file(`{"a":${entry(0, 1, [-1, -1])}}`, 1), /shape \[-1,-1\] is not a list of whole numbers/],
    ["offsets backwards", file(`{"a":${entry(4, 0, [0])}}`, 4), /data_offsets \[4,0\] is not \[begin, end\]/],
    ["an unknown type", file(`{"a":${entry(0, 4, [1], "Q4")}}`, 4), /dtype "Q4" is not one of/],
    ["a type from the prototype", file(`{"a":${entry(0, 4, [1], "toString")}}`, 4), /dtype "toString" is not one of/],
    ["metadata that is no text", file(`{"__metadata__":{"a":1}}`, 0), /__metadata__ must map names to strings/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, "weights.safetensors")).toThrow(message);
    expect(() => decodeSafetensors(bytes, "weights.safetensors")).toThrow(/^weights\.safetensors: /);
  });

  it("refuses every truncation and never crashes on a changed byte", () => {
    const good = encodeSafetensors({
      y: { dtype: "F32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      z: { dtype: "I64", shape: [1], data: BigInt64Array.of(5n) },
    });
    for (let n = 0; n < good.length; n++) expect(() => decodeSafetensors(good.slice(0, n), "f.st")).toThrow(/^f\.st: /);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bad = good.slice();
        bad[at] = byte;
        try {
          for (const { shape, data } of Object.values(decodeSafetensors(bad, "f.st").tensors))
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect((error as Error).message).toMatch(/^f\.st: /);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("refuses to write a shape that does not fit", () => {
    expect(() => encodeSafetensors({ a: { dtype: "F32", shape: [3], data: new Float32Array(2) } })).toThrow(
      /"a": F32 \[3\] needs 3 values, got 2/,
    );
  });
});
