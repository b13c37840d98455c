import { parseJson } from "../../base/json.js";
import { printable } from "../../base/printable.js";

/** What to send, how hard to try, how much to take. */
export interface FetchOptions {
  /** Sent to the address's own origin only: a redirect to another one goes on without them, so that keys stay secret. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further attempts after the first. Default 5. */
  readonly retries?: number;
  /** Delay before the first retry, ms; doubled each time, unless the server names a time. Default 500. */
  readonly firstDelay?: number;
  /** Longest time for one attempt, ms. Default 60000. */
  readonly timeout?: number;
  /** Largest response body, bytes, after the decompression that HTTP asks for. Default 500 MB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** A non-success response: its status, and the server's message. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  constructor(
    readonly url: string,
    readonly status: number,
    readonly serverMessage: string,
  ) {
    super(`${url}: the server answered ${status}${serverMessage === "" ? "" : `: ${serverMessage}`}`);
  }
}

/**
 * The body of a successful response to GET. Redirects are followed. Lost connections, time-outs, 429 and 5xx are retried with
 * growing delays.
 *
 * @throws HttpError for any other non-success response; Error that names the address and the reason for a body above the limit,
 * a chain of redirects, and when all attempts fail.
 */
export async function fetchBytes(url: string, options: FetchOptions = {}): Promise<Uint8Array> {
  const { retries = 5, firstDelay = 500 } = options;
  for (let attempt = 0; ; attempt++) {
    const outcome = await attemptOnce(url, options);
    if ("bytes" in outcome) return outcome.bytes;
    options.signal?.throwIfAborted();
    if (!outcome.again) throw outcome.error;
    if (attempt >= retries)
      throw new Error(`${outcome.error.message} (${attempt + 1} attempts)`, { cause: outcome.error });
    await pause(outcome.delay ?? firstDelay * 2 ** attempt, options.signal);
  }
}

type Outcome =
  { readonly bytes: Uint8Array } | { readonly error: Error; readonly again: boolean; readonly delay?: number };

/** An error that another attempt would meet again. */
class FinalError extends Error {}

async function attemptOnce(url: string, options: FetchOptions): Promise<Outcome> {
  const { timeout = 60_000, maxBytes = 500e6, signal } = options;
  const limit = AbortSignal.timeout(timeout);
  try {
    const response = await followed(url, options.headers ?? {}, signal ? AbortSignal.any([signal, limit]) : limit);
    if (response.ok) return { bytes: await bodyOf(response, url, maxBytes) };
    const again = response.status === 429 || response.status >= 500;
    const delay = retryAfter(response.headers.get("retry-after"));
    const error = new HttpError(url, response.status, messageOf(await beginningOf(response)));
    return { error, again, ...(delay !== undefined && { delay }) };
  } catch (error) {
    if (error instanceof FinalError) return { error, again: false };
    const reason = limit.aborted ? `no response within ${timeout} ms` : deepest(error);
    return { error: new Error(`${url}: ${reason}`, { cause: error }), again: true };
  }
}

const mostRedirects = 5;

/** The response at the end of the redirects; headers stay with the origin that they are meant for. */
async function followed(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> {
  let at = new URL(url);
  let sent = headers;
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const response = await fetch(at, { headers: { ...sent }, redirect: "manual", signal });
    const location = [301, 302, 303, 307, 308].includes(response.status) ? response.headers.get("location") : null;
    if (location === null) return response;
    await response.body?.cancel();
    const next = new URL(location, at);
    if (next.protocol !== "https:" && next.protocol !== "http:")
      throw new FinalError(`${url}: it redirects to ${printable(next.protocol)}, which is not HTTP`);
    if (next.origin !== at.origin) sent = {};
    at = next;
  }
  throw new FinalError(`${url}: more than ${mostRedirects} redirects`);
}

/** All of a response's body. @throws FinalError above the limit. */
async function bodyOf(response: Response, url: string, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new FinalError(`${url}: the response is larger than the limit of ${maxBytes / 1e6} MB`);
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) {
    await response.body?.cancel();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(response)) {
    size += chunk.length;
    // Leaving the loop cancels the rest.
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What an error message needs of a body: its first bytes. */
async function beginningOf(response: Response): Promise<string> {
  let text = "";
  for await (const chunk of chunksOf(response)) {
    text += Buffer.from(chunk).toString("utf8");
    if (text.length >= 2000) break;
  }
  return text.slice(0, 2000);
}

function chunksOf({ body }: Response): AsyncIterable<Uint8Array> {
  return (body ?? new Blob([]).stream()) as AsyncIterable<Uint8Array>;
}

/** Seconds in the header as ms, a minute at most; a date is ignored. */
function retryAfter(header: string | null): number | undefined {
  const seconds = header === null ? NaN : Number(header);
  return seconds >= 0 ? Math.min(seconds, 60) * 1000 : undefined;
}

/** The message in a JSON error, or the beginning of its text, as it may be printed. */
function messageOf(text: string): string {
  try {
    const { message, detail } = parseJson(text, "response") as { message?: unknown; detail?: unknown };
    const words = message ?? detail;
    if (typeof words === "string") return printable(words.slice(0, 200));
  } catch {
    // Not JSON: its text will do.
  }
  return printable(text.replace(/\s+/g, " ").trim().slice(0, 100));
}

/** fetch says "fetch failed"; why is in its cause. */
function deepest(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? deepest(cause) : message;
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve();
    }
  });
}
