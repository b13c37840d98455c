import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PickleGlobal, readPickle, type PickleValue } from "../../../src/model/import/pickle.js";
import { toPlain } from "../../../src/model/import/plain.js";

const fixtures = new URL("../../fixtures/model/", import.meta.url);
const golden = JSON.parse(readFileSync(new URL("pickles.json", fixtures), "utf8")) as {
  name: string;
  protocol: number;
  pickle: string;
  value: unknown;
}[];

const none = { label: "file.ckpt", globals: new Map<string, PickleGlobal>() };
const raise = (what: string): never => {
  throw new Error(what);
};
const read = (...parts: (string | number | number[])[]): PickleValue =>
  readPickle(Buffer.concat(parts.map((part) => Buffer.from(typeof part === "string" ? part : [part].flat()))), none);

describe("readPickle", () => {
  it.each(golden)("reads what Python wrote: $name, protocol $protocol", ({ pickle, value }) => {
    expect(toPlain(readPickle(Buffer.from(pickle, "base64"), none), raise)).toEqual(value);
  });

  it("keeps the identity of shared values", () => {
    const { pickle } = golden.find(({ name }) => name === "shared")!;
    const [a, b] = readPickle(Buffer.from(pickle, "base64"), none) as PickleValue[];
    expect(a).toBe(b);
  });

  it("reads integers of any length", () => {
    expect(read([0x8a, 0], ".")).toBe(0);
    expect(read([0x8a, 1, 0xff], ".")).toBe(-1);
    expect(read([0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1], ".")).toBe(2n ** 64n);
    expect(read([0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x80], ".")).toBe(-(2n ** 63n));
  });

  it.each([
    ["GLOBAL", "cos\nsystem\n(X\x02\0\0\0lstR."],
    ["STACK_GLOBAL", "\x8c\x02os\x8c\x06system\x93."],
    ["INST", "(X\x02\0\0\0lsios\nsystem\n."],
    ["a global that is never called", "cos\nsystem\n0N."],
  ])("refuses a foreign global by name (%s)", (_, text) => {
    expect(() => readPickle(Buffer.from(text, "latin1"), none)).toThrow(
      "file.ckpt: the pickle asks for os.system, which dosmith refuses to build",
    );
  });

  it("does not take names from Object.prototype for allowed globals", () => {
    expect(() => read("cconstructor\nconstructor\n.")).toThrow("asks for constructor.constructor");
  });

  it("keeps control characters of a hostile name off the terminal", () => {
    expect(() => read("cos\n\x1b[2Jx\n.")).toThrow("asks for os.?[2Jx,");
  });

  it.each<[string, Parameters<typeof read>]>([
    ["the stack is empty", ["."]],
    ["the stack is empty", ["q", 0]],
    ["expected 2 values on the stack, found 1", ["N", 0x86]],
    ["expected a mark on the stack, found none", ["t"]],
    ["memo entry 7 was never stored", ["h", 7]],
    ["expected 1 more bytes, found 0", ["N"]],
    ["expected 1 more bytes, found 0", []],
    ["expected 4294967295 more bytes, found 1", ["X", [255, 255, 255, 255], "a"]],
    ["expected 18446744073709552000 more bytes, found 0", [0x8e, Array<number>(8).fill(255)]],
    ["expected a frame of 9 bytes, found 1", [0x95, 9, [0, 0, 0, 0, 0, 0, 0], "."]],
    ["protocol 9; expected at most 5", [0x80, 9]],
    ["instruction 0xff is not one that dosmith reads", [0xff]],
    ["instruction 0x81 is not one", [0x81]],
    ["a string is not UTF-8", [0x8c, 1, 0xff, "."]],
    ["expected a list to append to, found a tuple", [")", "N", "a."]],
    ["expected a dictionary to add items to, found a list", ["]NNs."]],
    ["expected a set to add items to, found a list", ["](N", 0x90]],
    ["a dictionary key has no value", ["}(Nu."]],
    ["None cannot be called", ["N)R."]],
    ["expected a tuple of arguments, found None", ["NNR."]],
    ["expected attributes of a dictionary only, found a list", ["]Nb."]],
    ["it has a persistent id, expected none", ["NQ."]],
    ["expected the end of a line", ["cos"]],
  ])("says: %s", (message, parts) => {
    expect(() => read(...parts)).toThrow(message);
    expect(() => read(...parts)).toThrow(/^file\.ckpt: .*\(byte \d+\)$/);
  });

  it("reads deep nesting without recursion, and refuses to make plain data of it", () => {
    const depth = 200_000;
    const value = read("]".repeat(depth), "a".repeat(depth - 1), ".");
    expect(() => toPlain(value, raise)).toThrow("nested deeper than 64");
  });

  it("refuses to make plain data of a list that contains itself", () => {
    expect(() => toPlain(read("]q", 0, "h", 0, "a."), raise)).toThrow("a list contains itself");
  });

  it("converts values that are shared a hundredfold in linear time", () => {
    // Each list holds the one before twice: 2^60 leaves if sharing were lost.
    const levels = Array.from({ length: 60 }, (_, i) => ["]h", i, "ah", i, "aq", i + 1]).flat();
    const plain = toPlain(read("]q", 0, ...levels, "."), raise) as unknown[];
    expect(plain[0]).toBe(plain[1]);
  });

  it("never hangs or crashes on damaged pickles", () => {
    const source = fc.constantFrom(...golden.filter(({ name }) => name !== "long list").map(({ pickle }) => pickle));
    const edit = fc.record({ at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), byte: fc.nat(255) });
    fc.assert(
      fc.property(source, fc.array(edit, { minLength: 1, maxLength: 4 }), (base64, edits) => {
        const bytes = Buffer.from(base64, "base64");
        for (const { at, byte } of edits) bytes[Math.floor(at * bytes.length)] = byte;
        expectErrorOrValue(() => toPlain(readPickle(bytes, none), raise));
      }),
      { numRuns: 2000 },
    );
  });

  it("never hangs or crashes on random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => expectErrorOrValue(() => readPickle(bytes, none))),
      { numRuns: 2000 },
    );
  });
});

/** A reader's own errors are plain Errors; a TypeError or RangeError would be an accident. */
function expectErrorOrValue(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    expect((error as Error).constructor).toBe(Error);
  }
}
