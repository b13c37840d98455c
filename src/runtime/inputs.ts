import type { ProgramSource } from "./engine.js";
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
