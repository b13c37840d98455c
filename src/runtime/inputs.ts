import type { ProgramSource, TensorSpec } from "./engine.js";
import { sizeOf } from "./trace/graph.js";

/** @throws Error naming the program and the input if the number, type or length of the inputs is wrong. */
export function checkInputs(
  { name, inputs: specs }: Pick<ProgramSource, "name" | "inputs">,
  inputs: readonly (Float32Array | Int32Array)[],
): void {
  if (inputs.length !== specs.length)
    throw new Error(`program "${name}": expected ${specs.length} inputs, found ${inputs.length}`);
  specs.forEach(({ shape, dtype = "float32" }, i) => {
    const found = inputs[i] instanceof Int32Array ? "int32" : "float32";
    if (found !== dtype || inputs[i].length !== sizeOf(shape))
      throw new Error(
        `program "${name}", input ${i}: expected ${sizeOf(shape)} ${dtype} values of shape [${shape.join(", ")}], ` +
          `found ${inputs[i].length} ${found} values`,
      );
  });
}

/** @throws Error naming the program and the output if an array to be filled has another length or type, or is an input. */
export function checkOutputs(
  { name, outputs }: { readonly name: string; readonly outputs: readonly TensorSpec[] },
  inputs: readonly (Float32Array | Int32Array)[],
  into: readonly (Float32Array | Int32Array | undefined)[],
): void {
  if (into.length > outputs.length)
    throw new Error(`program "${name}": it has ${outputs.length} outputs, found ${into.length} arrays for them`);
  into.forEach((array, i) => {
    if (!array) return;
    const { shape, dtype = "float32" } = outputs[i];
    const found = array instanceof Int32Array ? "int32" : "float32";
    if (found !== dtype || array.length !== sizeOf(shape))
      throw new Error(
        `program "${name}", output ${i}: expected room for ${sizeOf(shape)} ${dtype} values, found ${array.length} ${found}`,
      );
    if (inputs.some((input) => overlap(input, array)))
      throw new Error(`program "${name}", output ${i}: its array is an input, which the program reads while it writes`);
  });
}

function overlap(a: Float32Array | Int32Array, b: Float32Array | Int32Array): boolean {
  return (
    a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength
  );
}
