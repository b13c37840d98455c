/** Every backend that `createEngine` knows; a file of its own, so that help texts can list them without loading any. */
export const backendNames = [
  "compiled-cpu",
  "compiled-cpu-int8",
  "compiled-webgpu",
  "compiled-webgpu-fp16",
  "compiled-cuda",
  "compiled-cuda-fp16",
  "eager-cpu",
  "eager-wasm",
  "eager-tensorflow",
] as const;

/** Where tensor functions run: `compiled-*` by onnxruntime, `eager-*` operation by operation on a tfjs backend. */
export type BackendName = (typeof backendNames)[number];
