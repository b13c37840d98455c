/** An object was used after its `dispose()`. */
export class DisposedError extends Error {
  override readonly name = "DisposedError";
  /** @param what the object, as users call it: "generator". */
  constructor(readonly what: string) {
    super(`${what}: it was disposed`);
  }
}

/**
 * Remembers whether an object was disposed. Its methods begin with `check()`; its `dispose()` frees what it holds when
 * `end()` is true.
 *
 * @example
 *     private readonly disposal = new Disposal("generator");
 *     sample() { this.disposal.check(); ... }
 *     dispose() { if (this.disposal.end()) this.program.dispose(); }
 *     [Symbol.dispose]() { this.dispose(); }
 */
export class Disposal {
  private ended = false;
  /** @param what the object, as its DisposedError names it. */
  constructor(private readonly what: string) {}

  get disposed(): boolean {
    return this.ended;
  }

  /** @throws DisposedError once the object was disposed. */
  check(): void {
    if (this.ended) throw new DisposedError(this.what);
  }

  /** Marks the object as disposed. True the first time only, so that nothing is freed twice. */
  end(): boolean {
    const first = !this.ended;
    this.ended = true;
    return first;
  }
}
