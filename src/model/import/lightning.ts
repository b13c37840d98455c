import { printable } from "../../base/printable.js";
import type { HostTensor } from "../../runtime/index.js";
import { describe, type PickleValue, readPickle } from "./pickle.js";
import { type Plain, toPlain } from "./plain.js";
import { loadTensor, TensorReference, torchGlobals, torchStorage } from "./torch.js";
import { openZip } from "./zip.js";

/** The model in a PyTorch-Lightning checkpoint. Optimiser states and callbacks are not read. */
export interface LightningCheckpoint {
  /** Parameters and buffers by their full names; floating types as Float32Array, integers as Int32Array. */
  readonly stateDict: Map<string, HostTensor>;
  /** Empty if the checkpoint has none. */
  readonly hyperParameters: { readonly [key: string]: Plain };
  readonly epoch?: number;
  readonly globalStep?: number;
}

/** All tensors of a state dictionary together; 2^29 numbers are 2 GB. */
const LARGEST_STATE = 2 ** 29;

/**
 * Reads a checkpoint written by PyTorch-Lightning (torch.save's zip format, PyTorch 1.6 and later). Runs no code from
 * the file: its pickle may only name tensors and plain containers.
 *
 * @param bytes the file's content
 * @param fileName what errors call it
 * @throws Error naming the file: an object that dosmith refuses to build (by its name), no zip archive, damaged or
 *   missing entries, tensors that do not fit their storages, no state_dict
 */
export function readLightningCheckpoint(bytes: Uint8Array, fileName: string): LightningCheckpoint {
  const { pickle, storage } = openTorchFile(bytes, fileName);
  const fail = (what: string): never => {
    throw new Error(`${fileName}: ${printable(what)}`);
  };
  const root = readPickle(pickle, {
    label: fileName,
    globals: torchGlobals(fail),
    persistent: (id) => torchStorage(id, fail),
  });
  if (!(root instanceof Map)) return fail(`expected a dictionary with the entry "state_dict", found ${describe(root)}`);
  return {
    stateDict: loadState(root, storage, fail),
    hyperParameters: hyperParameters(root, fail),
    ...counter(root, "epoch", "epoch", fail),
    ...counter(root, "global_step", "globalStep", fail),
  };
}

/** The pickle and the storages of a file written by torch.save: entries NAME/data.pkl and NAME/data/KEY. */
function openTorchFile(
  bytes: Uint8Array,
  fileName: string,
): { pickle: Uint8Array; storage: (key: string) => Uint8Array } {
  if (bytes[0] === 0x80)
    throw new Error(
      `${fileName}: expected a zip archive, found a bare pickle (PyTorch before 1.6); save it again with a newer PyTorch`,
    );
  const { names, read } = openZip(bytes, fileName);
  const pickles = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw new Error(`${fileName}: expected one entry NAME/data.pkl in the zip archive, found ${pickles.length}`);
  const folder = pickles[0].slice(0, -"data.pkl".length);
  if (names.includes(`${folder}byteorder`) && new TextDecoder().decode(read(`${folder}byteorder`)) !== "little")
    throw new Error(`${fileName}: expected little-endian numbers, found another byte order`);
  return { pickle: read(pickles[0]), storage: (key) => read(`${folder}data/${key}`) };
}

function loadState(
  root: Map<PickleValue, PickleValue>,
  storage: (key: string) => Uint8Array,
  fail: (what: string) => never,
): Map<string, HostTensor> {
  const state = root.get("state_dict");
  if (!(state instanceof Map))
    return fail(
      `entry state_dict: expected a dictionary of tensors, found ${state === undefined ? "none" : describe(state)}`,
    );
  let size = 0;
  const tensors = new Map<string, HostTensor>();
  for (const [name, tensor] of state) {
    if (typeof name !== "string") return fail(`entry state_dict: expected names as keys, found ${describe(name)}`);
    const failHere = (what: string): never => fail(`entry state_dict["${name}"]: ${what}`);
    if (!(tensor instanceof TensorReference)) return failHere(`expected a tensor, found ${describe(tensor)}`);
    size += tensor.shape.reduce((a, b) => a * b, 1);
    if (size > LARGEST_STATE)
      failHere(`the tensors up to here have ${size} numbers, more than the limit of ${LARGEST_STATE}`);
    tensors.set(name, loadTensor(tensor, storage, failHere));
  }
  return tensors;
}

function hyperParameters(
  root: Map<PickleValue, PickleValue>,
  fail: (what: string) => never,
): { readonly [key: string]: Plain } {
  const found = root.get("hyper_parameters") ?? new Map<PickleValue, PickleValue>();
  if (!(found instanceof Map)) return fail(`entry hyper_parameters: expected a dictionary, found ${describe(found)}`);
  return toPlain(found, (what) => fail(`entry hyper_parameters: ${what}`)) as { readonly [key: string]: Plain };
}

function counter(
  root: Map<PickleValue, PickleValue>,
  key: string,
  name: string,
  fail: (what: string) => never,
): Record<string, number> {
  const value = root.get(key);
  if (value === undefined) return {};
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return { [name]: value };
  return fail(`entry ${key}: expected a count, found ${describe(value)}`);
}
