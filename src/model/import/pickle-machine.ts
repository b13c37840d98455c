/** Base of everything in a pickle that is neither plain data nor a container: what the allow-listed globals build. */
export abstract class PickleObject {
  /** Shown in errors, for example "a tensor". */
  abstract readonly describe: string;
}

/**
 * What a pickle can contain here. Tuples are frozen arrays, lists are not; dictionaries are Maps (OrderedDict too);
 * integers beyond 2^53 are bigints.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleObject;

/** An allow-listed global. Without `build` it can only be an argument of another one (a storage class). */
export class PickleGlobal extends PickleObject {
  readonly describe: string;
  constructor(
    readonly name: string,
    readonly build?: (args: readonly PickleValue[]) => PickleValue,
  ) {
    super();
    this.describe = `the class ${name}`;
  }
}

/**
 * The state of a pickle being read: position, stack, marks, memo. Every access is checked; `fail` throws an Error that
 * names the file and the byte at which the present instruction began.
 */
export class PickleMachine {
  private at = 0;
  private start = 0;
  private stack: PickleValue[] = [];
  /** The stacks below the open marks. */
  private readonly outer: PickleValue[][] = [];
  private readonly memo = new Map<number, PickleValue>();
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly label: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The code of the next instruction. */
  next(): number {
    this.start = this.at;
    return this.byte();
  }

  fail(what: string): never {
    throw new Error(`${this.label}: not a readable pickle: ${what} (byte ${this.start})`);
  }

  take(length: number): Uint8Array {
    const left = this.bytes.length - this.at;
    if (length > left) this.fail(`expected ${length} more bytes, found ${left}`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  byte(): number {
    return this.take(1)[0];
  }

  /** An unsigned little-endian integer; beyond 2^53 only good for a comparison. */
  uint(size: number): number {
    return this.take(size).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  int32(): number {
    this.take(4);
    return this.view.getInt32(this.at - 4, true);
  }

  float64(): number {
    this.take(8);
    return this.view.getFloat64(this.at - 8, false);
  }

  /** A two's complement little-endian integer of any length. */
  long(length: number): number | bigint {
    const bytes = this.take(length);
    if (length === 0) return 0;
    const value = BigInt.asIntN(8 * length, BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  text(length: number): string {
    const bytes = this.take(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.fail("a string is not UTF-8");
    }
  }

  /** Text up to a newline, which is consumed. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) this.fail("expected the end of a line, found the end of the data");
    const line = this.text(end - this.at);
    this.at += 1;
    return line;
  }

  /** A frame announces how many bytes follow; nothing else depends on it. */
  frame(): void {
    const length = this.uint(8);
    const left = this.bytes.length - this.at;
    if (length > left) this.fail(`expected a frame of ${length} bytes, found ${left}`);
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    return value === undefined ? this.fail("the stack is empty") : value;
  }

  popMany(count: number): PickleValue[] {
    if (this.stack.length < count) this.fail(`expected ${count} values on the stack, found ${this.stack.length}`);
    return this.stack.splice(this.stack.length - count);
  }

  top(): PickleValue {
    const value = this.stack.at(-1);
    return value === undefined ? this.fail("the stack is empty") : value;
  }

  mark(): void {
    this.outer.push(this.stack);
    this.stack = [];
  }

  /** The values since the last mark, which is removed. */
  popMark(): PickleValue[] {
    const values = this.stack;
    this.stack = this.outer.pop() ?? this.fail("expected a mark on the stack, found none");
    return values;
  }

  memoize(index = this.memo.size): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) this.fail(`memo entry ${index} was never stored`);
    else this.push(value);
  }
}
