"use strict";

/**
 * `{ x }` written as `{ x: x }`. tslab turns variables of earlier cells into properties, but overlooks them in this short
 * form, and the cell would fail with "x is not defined". Lines stay; `columnOf` takes a column back to the user's text.
 */
function expandShorthand(ts, code) {
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true);
  const places = [];
  const visit = (node) => {
    if (ts.isShorthandPropertyAssignment(node) && !node.objectAssignmentInitializer) places.push(node.name);
    ts.forEachChild(node, visit);
  };
  visit(file);
  const insertions = places.map((name) => ({ ...file.getLineAndCharacterOfPosition(name.getStart()), name }));
  return {
    code: places.reduceRight((text, name) => insert(text, name.getStart(), `${name.text}: `), code),
    columnOf(line, column) {
      let original = column;
      for (const { line: at, character, name } of insertions) {
        if (at !== line || character >= original) continue;
        original = Math.max(character, original - name.text.length - 2);
      }
      return original;
    },
  };
}

function insert(text, at, added) {
  return text.slice(0, at) + added + text.slice(at);
}

module.exports = { expandShorthand };
