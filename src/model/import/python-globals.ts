import { describe, PickleGlobal, type PickleValue } from "./pickle.js";

/**
 * The classes and functions that Python itself names when it pickles plain data: OrderedDict always, sets and bytes in
 * protocols 2 and 3 (there under the modules' names of Python 2 or 3).
 * @param fail throws an Error that names the file
 */
export function pythonGlobals(fail: (what: string) => never): PickleGlobal[] {
  const set = ([items = []]: readonly PickleValue[]): PickleValue => new Set(list(items, "the items of a set", fail));
  return [
    new PickleGlobal("collections.OrderedDict", (args) => orderedDict(args, fail)),
    ...["__builtin__", "builtins"].flatMap((module) => [
      new PickleGlobal(`${module}.set`, set),
      new PickleGlobal(`${module}.frozenset`, set),
      new PickleGlobal(`${module}.bytes`, (args) =>
        args.length === 0 ? new Uint8Array() : fail("bytes are made from arguments"),
      ),
    ]),
    new PickleGlobal("_codecs.encode", (args) => latin1(args, fail)),
  ];
}

/** OrderedDict() or OrderedDict([(key, value), ...]), as older Pythons write it. */
function orderedDict([items = []]: readonly PickleValue[], fail: (what: string) => never): PickleValue {
  const pair = (item: PickleValue): [PickleValue, PickleValue] => {
    const [key, value] = list(item, "an item of an OrderedDict", fail);
    return key === undefined || value === undefined ? fail("an item of an OrderedDict is not a pair") : [key, value];
  };
  return new Map(list(items, "the items of an OrderedDict", fail).map(pair));
}

/** Protocol 2 writes bytes as text to be encoded. */
function latin1([text, encoding]: readonly PickleValue[], fail: (what: string) => never): PickleValue {
  if (typeof text !== "string" || encoding !== "latin1") return fail("bytes are not written as latin1 text");
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

function list(value: PickleValue, what: string, fail: (what: string) => never): readonly PickleValue[] {
  return Array.isArray(value)
    ? (value as readonly PickleValue[])
    : fail(`${what}: expected a list or tuple, found ${describe(value)}`);
}
