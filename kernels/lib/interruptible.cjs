"use strict";

/** What compiled cells call after every await; throws once the cell they belong to was interrupted. */
const checkName = "__dosmith_check";
/** What their loops look at: the first entry is 1 when the user has pressed Interrupt and nothing has noticed yet. */
const flagName = "__dosmith_flag";

/**
 * A compiler step: `await x` becomes `check(await x)`, and every loop's body begins with a look at the flag (that of
 * `for await` with `check()`). A cell so ends where it stands when the user interrupts, `finally` blocks and
 * generators' clean-up included.
 * @param {typeof import("typescript")} ts
 * @returns {import("typescript").TransformerFactory<import("typescript").SourceFile>}
 */
function interruptible(ts) {
  const { factory } = ts;
  /** @typedef {import("typescript").Expression} Expression @typedef {import("typescript").IterationStatement} Loop */
  const check = (/** @type {Expression[]} */ ...values) =>
    factory.createCallExpression(factory.createIdentifier(checkName), undefined, values);
  const flag = () => factory.createElementAccessExpression(factory.createIdentifier(flagName), 0);
  const statement = (/** @type {Expression} */ expression) => factory.createExpressionStatement(expression);
  const look = () => factory.createIfStatement(factory.createStrictEquality(flag(), factory.createNumericLiteral(1)), statement(check())); // prettier-ignore
  return (context) => {
    /** @param {import("typescript").Node} node @returns {import("typescript").Node} */
    const visit = (node) => {
      const visited = ts.visitEachChild(node, visit, context);
      if (ts.isAwaitExpression(visited)) return check(visited);
      if (ts.isIterationStatement(visited, false)) return withBody(visited, startingWith(startOf(visited), visited));
      return visited;
    };
    const startOf = (/** @type {Loop} */ loop) =>
      ts.isForOfStatement(loop) && loop.awaitModifier ? statement(check()) : look();
    const startingWith = (
      /** @type {import("typescript").Statement} */ start,
      /** @type {Loop} */ { statement: body },
    ) => factory.createBlock([start, ...(ts.isBlock(body) ? body.statements : [body])], true);
    const withBody = (/** @type {Loop} */ loop, /** @type {import("typescript").Block} */ body) =>
      ts.visitEachChild(loop, (child) => (child === loop.statement ? body : child), context);
    return (file) => ts.visitEachChild(file, visit, context);
  };
}

module.exports = { checkName, flagName, interruptible };
