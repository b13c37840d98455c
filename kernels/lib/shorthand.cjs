"use strict";

/** @typedef {typeof import("typescript")} Compiler @typedef {import("typescript").Node} Node */

/**
 * Writes out what tslab misunderstands when it turns variables of earlier cells into properties: it overlooks `{ x }`, and
 * takes the name of a property in a pattern, `const { x: y } = earlier`, for a variable. They become `{ x: x }` and
 * `{ "x": y }`. Lines stay; `columnOf` takes a column back to the user's text.
 * @param {Compiler} ts
 * @param {string} code
 */
function expandShorthand(ts, code) {
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true);
  /** @type {{ line: number, character: number, position: number, text: string }[]} */
  const insertions = [];
  const add = (/** @type {number} */ position, /** @type {string} */ text) =>
    insertions.push({ ...file.getLineAndCharacterOfPosition(position), position, text });
  const visit = (/** @type {Node} */ node) => {
    if (ts.isShorthandPropertyAssignment(node) && !node.objectAssignmentInitializer)
      add(node.name.getStart(), `${node.name.text}: `);
    const name = patternProperty(ts, node);
    if (name) {
      add(name.getStart(), '"');
      add(name.getEnd(), '"');
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  insertions.sort((a, b) => a.position - b.position);
  return {
    code: insertions.reduceRight((text, { position, text: added }) => insert(text, position, added), code),
    columnOf(/** @type {number} */ line, /** @type {number} */ column) {
      let original = column;
      for (const { line: at, character, text } of insertions) {
        if (at !== line || character >= original) continue;
        original = Math.max(character, original - text.length);
      }
      return original;
    },
  };
}

/** The name of the property that a part of a pattern takes, where it is a plain word: `x` of `{ x: y } = ...`. @param {Compiler} ts @param {Node} node */
function patternProperty(ts, node) {
  const name = ts.isBindingElement(node)
    ? node.propertyName
    : ts.isPropertyAssignment(node) && isPattern(ts, node.parent)
      ? node.name
      : undefined;
  return name && ts.isIdentifier(name) ? name : undefined;
}

/** Whether an object literal stands where values are assigned to. @param {Compiler} ts @param {Node} literal */
function isPattern(ts, literal) {
  let node = literal;
  for (;;) {
    const { parent } = node;
    if (
      ts.isBinaryExpression(parent) &&
      parent.left === node &&
      parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
    )
      return true;
    if ((ts.isForOfStatement(parent) || ts.isForInStatement(parent)) && parent.initializer === node) return true;
    const inside =
      ts.isParenthesizedExpression(parent) ||
      ts.isArrayLiteralExpression(parent) ||
      ts.isSpreadElement(parent) ||
      ts.isObjectLiteralExpression(parent) ||
      (ts.isPropertyAssignment(parent) && parent.initializer === node);
    if (!inside) return false;
    node = parent;
  }
}

/** @param {string} text @param {number} at @param {string} added */
function insert(text, at, added) {
  return text.slice(0, at) + added + text.slice(at);
}

module.exports = { expandShorthand };
