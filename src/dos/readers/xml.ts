import { SaxesParser } from "saxes";

/** Receives an XML document while it is read. */
export interface XmlHandler {
  /** @param path names of the open elements, this one last. */
  open(name: string, attributes: Readonly<Record<string, string>>, path: readonly string[]): void;
  /** @param text the element's own text, when {@link wantsText} asked for it at its opening, else "". */
  close(name: string, text: string, path: readonly string[]): void;
  wantsText(name: string): boolean;
}

/** An error with the place in the document where it was noticed. */
class PlacedError extends Error {}

/** Bytes without a tag that are still taken for XML; a longer run would have to be kept whole. */
const longestText = 16e6;

/**
 * Reads an XML document in one pass, in constant memory. VASP declares ISO-8859-1 and may write any byte into comments,
 * so bytes are taken as Latin-1.
 *
 * @throws Error `name: line L: ...` when the document is malformed, holds 16 MB without a tag, or the handler throws; for a
 * document that ends early, the element in which it does.
 */
export async function readXml(bytes: AsyncIterable<Uint8Array>, name: string, handler: XmlHandler): Promise<void> {
  const parser = new SaxesParser({ xmlns: false, fragment: false });
  const placed = (error: unknown) =>
    error instanceof PlacedError
      ? error
      : new PlacedError(`${name}: line ${parser.line}: ${plainReason((error as Error).message)}`, { cause: error });
  let sinceTag = 0;
  const path = followParser(parser, handler, () => (sinceTag = 0));
  for await (const chunk of bytes) {
    try {
      sinceTag += chunk.length;
      if (sinceTag > longestText) throw new Error(`more than ${longestText / 1e6} MB without a tag`);
      parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1"));
    } catch (error) {
      throw placed(error);
    }
  }
  if (path.length > 0) throw new Error(`${name}: the file ends at line ${parser.line} within <${path.at(-1)}>`);
  try {
    parser.close();
  } catch (error) {
    throw placed(error);
  }
}

function followParser(parser: SaxesParser, handler: XmlHandler, onTag: () => void): readonly string[] {
  const path: string[] = [];
  let text = "";
  let wanted = false;
  parser.on("opentag", ({ name, attributes }) => {
    onTag();
    path.push(name);
    wanted = handler.wantsText(name);
    text = "";
    handler.open(name, attributes, path);
  });
  parser.on("text", (piece) => {
    if (wanted) text += piece;
  });
  parser.on("closetag", ({ name }) => {
    onTag();
    handler.close(name, wanted ? text : "", path);
    wanted = false;
    path.pop();
  });
  parser.on("error", (error) => {
    throw error;
  });
  return path;
}

/** saxes begins its messages with "line:column: ". */
function plainReason(message: string): string {
  const reason = message.replace(/^\d+:\d+: /, "");
  return reason === message ? reason : `malformed XML: ${reason}`;
}
