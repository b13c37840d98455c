import type { Tensor } from "@tensorflow/tfjs";

/** An array on the host with its shape; row-major. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Shape and type of a tensor that goes into a program or comes out of it. */
export interface TensorSpec {
  readonly shape: readonly number[];
  /** "float32" if absent. */
  readonly dtype?: "float32" | "int32";
}

/** What an engine turns into a program: a pure tensor function, written once with tfjs operations. */
export interface ProgramSource {
  /** Shown in errors and profiles. */
  readonly name: string;
  /** Called with the inputs followed by the constants. Must only use tfjs operations (gradients included). */
  readonly fn: (...tensors: Tensor[]) => Tensor[];
  readonly inputs: readonly TensorSpec[];
  /** Values that do not change between runs (weights while sampling): baked in, which lets the engine prepack them. */
  readonly constants?: readonly HostTensor[];
  /**
   * Whether an engine may round what meets its constants: where small errors do no harm, as in a sampler, whose later steps
   * correct those of the earlier ones. Only engines that were chosen for it do.
   */
  readonly roundable?: boolean;
}

/** A tensor function ready to run for fixed shapes. */
export interface Program {
  readonly name: string;
  readonly outputs: readonly TensorSpec[];
  /**
   * Inputs as flat row-major arrays in the order of the source; outputs likewise, freshly allocated.
   * @param into arrays that receive outputs instead of fresh ones, by position; they must not be inputs of the same run
   * @throws Error when inputs or `into` do not fit; DisposedError after `dispose()`, or that of the engine
   */
  run(
    inputs: readonly (Float32Array | Int32Array)[],
    into?: readonly (Float32Array | Int32Array | undefined)[],
  ): Promise<(Float32Array | Int32Array)[]>;
  /** Releases what it holds; calls after it throw DisposedError. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Where tensor functions run: eagerly on a tfjs backend, or compiled (traced to ONNX, run by onnxruntime). Disposing it
 * disposes its programs.
 */
export interface Engine {
  /** For example "compiled-cpu", "compiled-cpu-int8", "eager-cpu", "eager-wasm", "eager-tensorflow". */
  readonly name: string;
  /** @throws UnsupportedOperationError when a compiled engine lacks an operation; DisposedError after `dispose()` */
  compile(source: ProgramSource): Promise<Program>;
  /** Releases what it holds; calls after it throw DisposedError. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}
