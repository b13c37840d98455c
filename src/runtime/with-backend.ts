import * as tf from "@tensorflow/tfjs";

/**
 * Runs a synchronous function with another tfjs backend active and restores the one before. Because it is synchronous,
 * no other code ever sees the change, however many programs are compiled or run concurrently.
 * The backend must have been initialised: see {@link prepareBackend}.
 */
export function withBackend<T>(name: string, fn: () => T): T {
  const before = tf.getBackend();
  if (before === name) return fn();
  activate(name);
  try {
    return fn();
  } finally {
    activate(before);
  }
}

let lastPreparation: Promise<unknown> = Promise.resolve();

/** Initialises a tfjs backend and leaves the active one as it was; one backend at a time, since tfjs has one active. */
export function prepareBackend(name: string): Promise<void> {
  const preparation = lastPreparation.then(() => initialise(name));
  lastPreparation = preparation.catch(() => undefined);
  return preparation;
}

async function initialise(name: string): Promise<void> {
  await tf.ready();
  const before = tf.getBackend();
  if (before === name) return;
  const started = await tf.setBackend(name);
  await tf.setBackend(before);
  if (!started) throw new Error(`tfjs backend "${name}" did not start`);
}

/** An initialised backend is set before setBackend returns its promise, which then has nothing left to report. */
function activate(name: string): void {
  void tf.setBackend(name);
}
