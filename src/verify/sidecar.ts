import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";
import { parseJson } from "../base/json.js";
import { printable } from "../base/printable.js";
import type { Command } from "./codes.js";

/** A calculation that the sidecar could not finish, with the reason that it gave. */
export class SidecarError extends Error {
  override readonly name = "SidecarError";
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * A process that answers one line of JSON with one line of JSON: {id, ...} with {id, result} or {id, error: {reason,
 * message}}. It starts with the first question. One question at a time; a process that is late or dies is replaced
 * when the next one comes, so that a crystal which crashes it does not affect the others.
 */
export class Sidecar {
  #running: { readonly child: ChildProcessWithoutNullStreams; readonly answers: AsyncIterator<string> } | undefined;
  #complaints = "";
  #count = 0;

  constructor(private readonly command: Command) {}

  /**
   * @param timeLimit seconds
   * @throws SidecarError with the process's reason, or "time-limit" or "crashed"; the signal's reason when it is aborted
   */
  async ask(question: Record<string, unknown>, timeLimit: number, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    const id = ++this.#count;
    const { child, answers } = (this.#running ??= this.#start());
    let ended: "time-limit" | "aborted" | undefined;
    const end = (why: typeof ended) => {
      ended ??= why;
      child.kill("SIGKILL");
    };
    const abort = () => end("aborted");
    // Node takes a longer time than this for none at all.
    const timer = setTimeout(() => end("time-limit"), Math.min(timeLimit * 1000, 2 ** 31 - 1));
    signal?.addEventListener("abort", abort, { once: true });
    try {
      child.stdin.write(`${JSON.stringify({ ...question, id })}\n`);
      return await this.#answer(answers, id);
    } catch (error) {
      if (!(error instanceof SidecarError) || error.reason === "crashed") this.close();
      if (ended === "aborted") signal!.throwIfAborted();
      if (ended === "time-limit") throw new SidecarError("time-limit", `not finished within ${timeLimit} s`);
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Ends the process, finished or not. */
  close(): void {
    this.#running?.child.kill("SIGKILL");
    this.#running = undefined;
  }

  #start() {
    const { program, args, environment } = this.command;
    const child = spawn(program, args, { env: { ...process.env, ...environment } });
    this.#complaints = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-2000);
    });
    // A dead process shows as the end of its answers; these would otherwise be thrown where nobody can catch them.
    child.on("error", (error) => (this.#complaints += error.message));
    child.stdin.on("error", () => undefined);
    return { child, answers: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  }

  async #answer(answers: AsyncIterator<string>, id: number): Promise<unknown> {
    const line = await answers.next();
    if (line.done) throw new SidecarError("crashed", `${this.command.program} ended: ${lastLine(this.#complaints)}`);
    const answer = parseAnswer(line.value);
    if (answer.id !== id)
      throw new SidecarError(
        "crashed",
        `expected the answer to question ${id}, found one to ${JSON.stringify(answer.id)}`,
      );
    if (answer.error) throw new SidecarError(answer.error.reason, answer.error.message);
    return answer.result;
  }
}

const answerSchema = z
  .object({
    id: z.union([z.number(), z.string(), z.null()]).optional(),
    result: z.unknown().optional(),
    error: z.object({ reason: z.string(), message: z.string() }).nullish(),
  })
  .refine(({ result, error }) => (result ?? error ?? undefined) !== undefined, "neither a result nor an error");

/** A process that answers oddly is not trusted with the next question: "crashed" replaces it. */
function parseAnswer(line: string): z.infer<typeof answerSchema> {
  const found = `found ${printable(line.slice(0, 200))}`;
  let json: unknown;
  try {
    json = parseJson(line, "the answer");
  } catch {
    throw new SidecarError("crashed", `expected a line of JSON, ${found}`);
  }
  const parsed = answerSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const where = path.length > 0 ? `${path.join(".")}: ` : "";
  throw new SidecarError("crashed", `expected an answer {id, result} or {id, error}, ${found} (${where}${message})`);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) || "it printed no error";
}
