import type { Engine } from "../../src/runtime/index.js";
import { compiledEngine, eagerEngine } from "../../src/runtime/index.js";

/**
 * The engines that every suite of tensor code runs over: eager-cpu and compiled-cpu always, eager-wasm and
 * eager-tensorflow where they can be loaded. Use: `describe.each(await testEngines())("on $name", (engine) => ...)`.
 */
export async function testEngines(): Promise<Engine[]> {
  const optional = await Promise.all(
    (["wasm", "tensorflow"] as const).map((name) => eagerEngine(name).catch(() => null)),
  );
  return [await eagerEngine("cpu"), await compiledEngine(), ...optional.filter((engine) => engine !== null)];
}
