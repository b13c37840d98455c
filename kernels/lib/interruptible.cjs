"use strict";

/** What compiled cells call after every await; throws once the cell they belong to was interrupted. */
const checkName = "__dosmith_check";

/**
 * A compiler step: `await x` becomes `check(await x)`, and the body of `for await` begins with `check()`. A loop that
 * awaits so ends where it stands when the user interrupts, `finally` blocks and generators' clean-up included.
 */
function checkAwaits(ts) {
  const { factory } = ts;
  const check = (...values) => factory.createCallExpression(factory.createIdentifier(checkName), undefined, values);
  return (context) => {
    const visit = (node) => {
      const visited = ts.visitEachChild(node, visit, context);
      if (ts.isAwaitExpression(visited)) return check(visited);
      if (ts.isForOfStatement(visited) && visited.awaitModifier) return checkedLoop(visited);
      return visited;
    };
    const checkedLoop = (loop) => {
      const body = ts.isBlock(loop.statement) ? loop.statement.statements : [loop.statement];
      const statements = [factory.createExpressionStatement(check()), ...body];
      const { awaitModifier, initializer, expression } = loop;
      const block = factory.createBlock(statements, true);
      return factory.updateForOfStatement(loop, awaitModifier, initializer, expression, block);
    };
    return (file) => ts.visitEachChild(file, visit, context);
  };
}

module.exports = { checkAwaits, checkName };
