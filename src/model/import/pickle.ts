import { PickleGlobal, PickleMachine, PickleObject, type PickleValue } from "./pickle-machine.js";

export { PickleGlobal, PickleObject, type PickleValue } from "./pickle-machine.js";

export interface PickleOptions {
  /** What errors call the file. */
  readonly label: string;
  /** By "module.name". Anything else that the pickle names is refused. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** Called for a persistent id (PyTorch's storages). Refused if absent. */
  readonly persistent?: (id: PickleValue) => PickleValue;
}

/**
 * Reads a pickle (protocols 2 to 5) without any means to run code: numbers, strings and containers are built, a named
 * global only if it is on the list. Work and memory are proportional to the pickle's length and nothing recurses.
 *
 * @throws Error naming the file and, for a global that is not on the list, that global ("asks for os.system"); or the
 *   byte and what is wrong there: an unknown instruction, truncated data, an empty stack, an unknown memo entry
 */
export function readPickle(bytes: Uint8Array, options: PickleOptions): PickleValue {
  const machine = new PickleMachine(bytes, options.label);
  for (;;) {
    const code = machine.next();
    if (code === STOP) return machine.pop();
    const instruction =
      INSTRUCTIONS.get(code) ?? machine.fail(`instruction 0x${code.toString(16)} is not one that dosmith reads`);
    instruction(machine, options);
  }
}

type Instruction = (machine: PickleMachine, options: PickleOptions) => void;

const STOP = ".".charCodeAt(0);
const NEWEST_PROTOCOL = 5;

/** Python's pickletools describes each; names as there. */
const TABLE: readonly (readonly [code: number | string, instruction: Instruction])[] = [
  [0x80, (m) => checkProtocol(m)],
  [0x95, (m) => m.frame()],
  // constants and numbers
  ["N", (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  ["J", (m) => m.push(m.int32())],
  ["K", (m) => m.push(m.uint(1))],
  ["M", (m) => m.push(m.uint(2))],
  [0x8a, (m) => m.push(m.long(m.uint(1)))],
  [0x8b, (m) => m.push(m.long(m.uint(4)))],
  ["G", (m) => m.push(m.float64())],
  // strings and bytes
  [0x8c, (m) => m.push(m.text(m.uint(1)))],
  ["X", (m) => m.push(m.text(m.uint(4)))],
  [0x8d, (m) => m.push(m.text(m.uint(8)))],
  ["C", (m) => m.push(m.take(m.uint(1)))],
  ["B", (m) => m.push(m.take(m.uint(4)))],
  [0x8e, (m) => m.push(m.take(m.uint(8)))],
  [0x96, (m) => m.push(m.take(m.uint(8)))],
  // lists and tuples
  ["]", (m) => m.push([])],
  ["l", (m) => m.push(m.popMark())],
  ["a", (m) => append(m, m.popMany(1))],
  ["e", (m) => append(m, m.popMark())],
  [")", (m) => m.push(Object.freeze([]))],
  [0x85, (m) => m.push(Object.freeze(m.popMany(1)))],
  [0x86, (m) => m.push(Object.freeze(m.popMany(2)))],
  [0x87, (m) => m.push(Object.freeze(m.popMany(3)))],
  ["t", (m) => m.push(Object.freeze(m.popMark()))],
  // dictionaries and sets
  ["}", (m) => m.push(new Map())],
  ["d", (m) => dictionaryOf(m, m.popMark())],
  ["s", (m) => setItems(m, m.popMany(2))],
  ["u", (m) => setItems(m, m.popMark())],
  [0x8f, (m) => m.push(new Set())],
  [0x90, (m) => addItems(m, m.popMark())],
  [0x91, (m) => m.push(new Set(m.popMark()))],
  // stack and memo
  ["(", (m) => m.mark()],
  ["0", (m) => void m.pop()],
  ["1", (m) => void m.popMark()],
  ["2", (m) => m.push(m.top())],
  ["q", (m) => m.memoize(m.uint(1))],
  ["r", (m) => m.memoize(m.uint(4))],
  [0x94, (m) => m.memoize()],
  ["h", (m) => m.recall(m.uint(1))],
  ["j", (m) => m.recall(m.uint(4))],
  // everything that names a global
  ["c", (m, options) => m.push(allowedGlobal(m.line(), m.line(), options))],
  ["i", (m, options) => m.push(call(m, allowedGlobal(m.line(), m.line(), options), m.popMark()))],
  [0x93, (m, options) => stackGlobal(m, options)],
  ["R", (m) => reduce(m)],
  ["b", (m) => ignoreAttributes(m)],
  [
    "Q",
    (m, options) => m.push((options.persistent ?? (() => m.fail("it has a persistent id, expected none")))(m.pop())),
  ],
];

const INSTRUCTIONS: ReadonlyMap<number, Instruction> = new Map(
  TABLE.map(([code, instruction]) => [typeof code === "string" ? code.charCodeAt(0) : code, instruction]),
);

function checkProtocol(m: PickleMachine): void {
  const protocol = m.byte();
  if (protocol > NEWEST_PROTOCOL) m.fail(`protocol ${protocol}; expected at most ${NEWEST_PROTOCOL}`);
}

function append(m: PickleMachine, values: PickleValue[]): void {
  const list = m.top();
  if (!Array.isArray(list) || Object.isFrozen(list))
    return m.fail(`expected a list to append to, found ${describe(list)}`);
  for (const value of values) list.push(value);
}

function dictionaryOf(m: PickleMachine, values: PickleValue[]): void {
  m.push(new Map());
  setItems(m, values);
}

function setItems(m: PickleMachine, values: PickleValue[]): void {
  const map = m.top();
  if (!(map instanceof Map)) return m.fail(`expected a dictionary to add items to, found ${describe(map)}`);
  if (values.length % 2 !== 0) m.fail("a dictionary key has no value");
  for (let i = 0; i < values.length; i += 2) map.set(values[i], values[i + 1]);
}

function addItems(m: PickleMachine, values: PickleValue[]): void {
  const set = m.top();
  if (!(set instanceof Set)) return m.fail(`expected a set to add items to, found ${describe(set)}`);
  for (const value of values) set.add(value);
}

function allowedGlobal(module: string, name: string, { label, globals }: PickleOptions): PickleGlobal {
  const allowed = globals.get(`${module}.${name}`);
  if (allowed) return allowed;
  throw new Error(`${label}: the pickle asks for ${printable(`${module}.${name}`)}, which dosmith refuses to build`);
}

/** The name comes from the file and goes to a terminal: no control characters, no page-long names. */
function printable(name: string): string {
  const clean = name.replace(/[^\x20-\x7e]/g, "?");
  return clean.length > 200 ? `${clean.slice(0, 200)}...` : clean;
}

function stackGlobal(m: PickleMachine, options: PickleOptions): void {
  const [module, name] = m.popMany(2);
  if (typeof module !== "string" || typeof name !== "string") m.fail("the name of a global is not a string");
  else m.push(allowedGlobal(module, name, options));
}

function reduce(m: PickleMachine): void {
  const [callee, args] = m.popMany(2);
  if (!Array.isArray(args)) return m.fail(`expected a tuple of arguments, found ${describe(args)}`);
  m.push(call(m, callee, args as readonly PickleValue[]));
}

function call(m: PickleMachine, callee: PickleValue, args: readonly PickleValue[]): PickleValue {
  if (!(callee instanceof PickleGlobal) || !callee.build) return m.fail(`${describe(callee)} cannot be called`);
  return callee.build(args);
}

/** State dictionaries carry attributes (PyTorch's _metadata) that no reader needs; on anything else they are refused. */
function ignoreAttributes(m: PickleMachine): void {
  m.pop();
  if (!(m.top() instanceof Map)) m.fail(`expected attributes of a dictionary only, found ${describe(m.top())}`);
}

/** What a value is, in an error message. */
export function describe(value: PickleValue): string {
  if (value === null) return "None";
  if (Array.isArray(value)) return Object.isFrozen(value) ? "a tuple" : "a list";
  if (value instanceof Map) return "a dictionary";
  if (value instanceof Set) return "a set";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof PickleObject) return value.describe;
  return `the ${typeof value} ${printable(`${value as string | number | bigint | boolean}`)}`;
}
