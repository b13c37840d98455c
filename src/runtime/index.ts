export type { Engine, HostTensor, Program, ProgramSource, TensorSpec } from "./engine.js";
export { eagerEngine } from "./eager.js";
export { compiledEngine, toOnnx } from "./compiled.js";
export type { CompiledOptions, ExecutionProvider } from "./compiled.js";
export type { EagerBackend } from "./tfjs-backends.js";
export { UnsupportedOperationError } from "./trace/backend.js";
export { normals, permutation, philox4x32, shuffled, uniforms } from "./random.js";
export { createProgramCache } from "./program-cache.js";
export type { ProgramCache } from "./program-cache.js";
