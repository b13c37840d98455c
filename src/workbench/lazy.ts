/** Opens something when first asked for it, once; after a failure the next call tries again. */
export function lazy<T>(open: () => Promise<T>): Lazy<T> {
  let opened: Promise<T> | undefined;
  const get = () =>
    (opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    }));
  return Object.assign(get, { ifOpened: () => opened });
}

export interface Lazy<T> {
  (): Promise<T>;
  /** Undefined as long as nobody has asked for it. */
  ifOpened(): Promise<T> | undefined;
}
