/** One data block of a CIF: its items and loops by tag, in lower case, "." of newer dictionaries read as "_". */
export interface CifBlock {
  readonly name: string;
  /** Value of every tag; a tag outside loops has one entry. Numbers keep their text; "?" and "." are null. */
  readonly values: ReadonlyMap<string, readonly (string | null)[]>;
}

interface Token {
  readonly kind: "data" | "loop" | "tag" | "value";
  readonly text: string | null;
  readonly line: number;
}

/**
 * The data blocks of a CIF 1.1 file (Hall, Allen, Brown, Acta Cryst. A47 (1991) 655).
 * @throws Error that names the line, what was expected and what was found.
 */
export function parseCifBlocks(text: string): CifBlock[] {
  const tokens = tokenise(text);
  const blocks: { name: string; values: Map<string, (string | null)[]> }[] = [];
  for (let k = 0; k < tokens.length;) {
    const token = tokens[k];
    const block = blocks.at(-1);
    if (token.kind === "data") {
      blocks.push({ name: token.text ?? "", values: new Map() });
      k += 1;
    } else if (block === undefined) throw unexpected(token, "data_NAME");
    else if (token.kind === "loop") k = readLoop(tokens, k, block.values);
    else k = readItem(tokens, k, block.values);
  }
  return blocks;
}

function readItem(tokens: readonly Token[], k: number, values: Map<string, (string | null)[]>): number {
  const [tag, content] = [tokens[k], tokens[k + 1]];
  if (tag.kind !== "tag") throw unexpected(tag, "a tag");
  if (content?.kind !== "value") throw unexpected(content ?? tag, `a value of ${tag.text}`);
  define(values, tag, [content.text]);
  return k + 2;
}

function readLoop(tokens: readonly Token[], start: number, values: Map<string, (string | null)[]>): number {
  let k = start + 1;
  const tags: Token[] = [];
  while (tokens[k]?.kind === "tag") tags.push(tokens[k++]);
  if (tags.length === 0) throw unexpected(tokens[k] ?? tokens[start], "a tag after loop_");
  const cells: (string | null)[] = [];
  while (tokens[k]?.kind === "value") cells.push(tokens[k++].text);
  if (cells.length === 0 || cells.length % tags.length !== 0) {
    throw new Error(
      `line ${tokens[start].line}: expected rows of ${tags.length} values in the loop of ${tags[0].text}, ` +
        `found ${cells.length} values`,
    );
  }
  tags.forEach((tag, column) => {
    define(
      values,
      tag,
      cells.filter((_, cell) => cell % tags.length === column),
    );
  });
  return k;
}

function define(values: Map<string, (string | null)[]>, tag: Token, content: (string | null)[]): void {
  const name = tag.text!.toLowerCase().replaceAll(".", "_");
  if (values.has(name)) throw new Error(`line ${tag.line}: expected each tag once, found ${tag.text} again`);
  values.set(name, content);
}

function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  for (let line = 0; line < lines.length; line++) {
    if (!lines[line].startsWith(";")) {
      tokens.push(...tokensOfLine(lines[line], line + 1));
      continue;
    }
    let end = line + 1;
    while (end < lines.length && !lines[end].startsWith(";")) end += 1;
    if (end === lines.length)
      throw new Error(`line ${line + 1}: expected the text field to end with ";", found the end of the file`);
    tokens.push({
      kind: "value",
      text: [lines[line].slice(1), ...lines.slice(line + 1, end)].join("\n"),
      line: line + 1,
    });
    // What follows the closing semicolon on its line is read as any other line.
    tokens.push(...tokensOfLine(lines[end].slice(1), end + 1));
    line = end;
  }
  return tokens;
}

function tokensOfLine(text: string, line: number): Token[] {
  const tokens: Token[] = [];
  // A quote ends a string only in front of white space: 'O5'' is O5'.
  const pattern = /\s*(?:(#.*)|'(.*?)'(?=\s|$)|"(.*?)"(?=\s|$)|(\S+))/y;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, comment, single, double, bare] = match;
    if (comment !== undefined) break;
    const quoted = single ?? double;
    tokens.push(quoted !== undefined ? { kind: "value", text: quoted, line } : bareToken(bare, line));
  }
  return tokens;
}

function bareToken(word: string, line: number): Token {
  if (/^['"]/.test(word)) throw new Error(`line ${line}: expected a closing quote, found ${word}`);
  if (/^data_/i.test(word)) return { kind: "data", text: word.slice(5), line };
  if (/^loop_$/i.test(word)) return { kind: "loop", text: word, line };
  if (/^(save_|global_$|stop_$)/i.test(word))
    throw new Error(`line ${line}: ${word} is not supported in structure files`);
  if (word.startsWith("_")) return { kind: "tag", text: word, line };
  return { kind: "value", text: word === "?" || word === "." ? null : word, line };
}

function unexpected(token: Token, expected: string): Error {
  return new Error(`line ${token.line}: expected ${expected}, found ${token.text ?? "?"}`);
}
