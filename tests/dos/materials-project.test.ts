// The server here is ours: its answers are put together from the public API's schema (electronic_structure: data, meta.total_doc,
// dos.total["1"].task_id; open data: dos/TASK.json.gz with {"data": CompleteDos}) and a real CompleteDos of pymatgen-test-files
// (mp-865805). No test talks to the real one.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { diskCache } from "../../src/data/index.js";
import { materialsProject, readDosFile, type MaterialsProjectOptions } from "../../src/dos/index.js";
import { fixturePath, fixtureText } from "./readers-support.js";

const key = "a-good-key";
const task = "mp-1056831";
const document = gzipSync(`{"data": ${fixtureText("Co2TaZn.complete-dos.json.gz")}}`);
const materials = Array.from({ length: 250 }, (_, i) => ({
  material_id: i === 7 ? "mp-865805" : `mp-${1000 + i}`,
  formula_pretty: "TaZnCo2",
  dos: i === 3 ? null : { total: { "1": { task_id: i === 7 ? task : `mp-${2000 + i}`, band_gap: 0 } } },
}));

/** Answers before the usual ones, each once: a status with words, or "cut" for a connection that breaks. */
let first: (number | "cut" | "nonsense")[];
let asked: string[];
let server: Server;
let url: string;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url!, "http://x");
  asked.push(request.url!);
  const status = first.shift();
  if (status === "cut") return void request.socket.destroy();
  if (status === "nonsense") return void response.end("<html>maintenance</html>");
  if (status !== undefined) return void response.writeHead(status, { "retry-after": "0" }).end("busy");
  if (pathname === `/open/dos/${task}.json.gz`) return void response.end(document);
  if (pathname.startsWith("/open/")) return void response.writeHead(404).end("<Error><Code>NoSuchKey</Code></Error>");
  if (request.headers["x-api-key"] !== key)
    return void response.writeHead(401).end('{"message":"Invalid authentication credentials"}');
  const ids = searchParams.get("material_ids")?.split(",");
  const found = materials.filter(({ material_id }) => !ids || ids.includes(material_id));
  const skip = Number(searchParams.get("_skip"));
  const data = found.slice(skip, skip + Math.min(Number(searchParams.get("_limit")), 60));
  response.end(JSON.stringify({ data, meta: { total_doc: found.length } }));
}

beforeEach(async () => {
  first = [];
  asked = [];
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const client = (options: Partial<MaterialsProjectOptions> = {}) =>
  materialsProject({
    apiKey: key,
    apiUrl: `${url}/api`,
    openDataUrl: `${url}/open`,
    fetch: { firstDelay: 1, retries: 3, timeout: 5000 },
    ...options,
  });

describe("the Materials Project", () => {
  it("gives the same density of states as the document itself", async () => {
    const fetched = await client().dos("mp-865805");
    const file = await readDosFile(fixturePath("Co2TaZn.complete-dos.json.gz"));
    expect({ ...fetched, source: "" }).toEqual({ ...file, source: "" });
    expect(fetched.source).toBe("mp-865805");
    expect(asked[0]).toMatch(
      /^\/api\/materials\/electronic_structure\/\?material_ids=mp-865805&_fields=material_id%2C/,
    );
  });

  it("pages through a search, however small the server's pages are, and passes over what has no DOS", async () => {
    const found: string[] = [];
    for await (const { materialId } of client().search({ elements: ["Co"], bandGap: [0, 1] }, 100))
      found.push(materialId);
    expect(found).toEqual(materials.filter(({ dos }) => dos).map(({ material_id }) => material_id));
    expect(asked.map((path) => new URLSearchParams(path).get("_skip"))).toEqual(["0", "60", "120", "180", "240"]);
    expect(asked[0]).toMatch(/elements=Co&band_gap_min=0&band_gap_max=1/);
  });

  it("asks for no more pages than are wanted", async () => {
    for await (const { materialId } of client().search({})) {
      expect(materialId).toBe("mp-1000");
      break;
    }
    expect(asked).toHaveLength(1);
  });

  it("tries again after 429, 5xx and broken connections, not for ever", async () => {
    first = [429, 503, "cut"];
    expect((await client().dos("mp-865805")).siteDos).toHaveLength(4);
    first = [500, 500, 500, 500];
    await expect(client().dos("mp-865805")).rejects.toThrow(
      /electronic_structure.*the server answered 500: busy \(4 attempts\)/,
    );
  });

  it("says what is wrong: no key, a wrong key, nonsense, an unknown material, no document", async () => {
    expect(() => client({ apiKey: undefined })).toThrow(/needs an API key: .*MP_API_KEY/);
    expect(() => client({ apiKey: " " })).toThrow(/needs an API key/);
    const wrong = client({ apiKey: "secret-but-wrong" }).dos("mp-865805");
    await expect(wrong).rejects.toThrow(
      /refused the API key \(401: Invalid authentication credentials\): .*MP_API_KEY/,
    );
    await expect(wrong).rejects.not.toThrow(/secret-but-wrong/);
    expect(asked).toHaveLength(1);
    first = ["nonsense"];
    await expect(client().dos("mp-865805")).rejects.toThrow(/not JSON/);
    await expect(client().dos("mp-1")).rejects.toThrow(
      /mp-1: the Materials Project has no such material, or no density of states/,
    );
    await expect(client().dos("mp-1003")).rejects.toThrow(/mp-1003: .*no density of states for it/);
    await expect(client().dos("mp-1004")).rejects.toThrow(
      /mp-1004: no density of states in the open data \(dos\/mp-2004\.json\.gz\)/,
    );
    await expect(client().dos("../x")).rejects.toThrow(
      /expected a Materials Project id such as mp-149, found "\.\.\/x"/,
    );
    const nowhere = client({ apiUrl: "http://127.0.0.1:9", fetch: { firstDelay: 1, retries: 1 } });
    await expect(nowhere.dos("mp-1")).rejects.toThrow(/127\.0\.0\.1:9.*\(2 attempts\)/);
  });

  it("keeps documents: what was fetched before an interruption is not asked for again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dosmith-mp-"));
    const cache = diskCache(folder);
    // Interrupted between the summary and the document.
    first = [];
    const stopped = client({ cache, openDataUrl: "http://127.0.0.1:9", fetch: { retries: 0 } }).dos("mp-865805");
    await expect(stopped).rejects.toThrow(/127\.0\.0\.1:9/);
    expect(readdirSync(join(folder, "tasks"))).toEqual(["mp-865805.json"]);
    asked = [];
    const whole = await client({ cache }).dos("mp-865805");
    expect(asked).toEqual([`/open/dos/${task}.json.gz`]);
    asked = [];
    expect(await client({ cache }).dos("mp-865805")).toEqual(whole);
    expect(asked).toEqual([]);
    expect(readdirSync(join(folder, "dos"))).toEqual([`${task}.json.gz`]);
    // A damaged document is fetched again.
    const path = join(folder, "dos", `${task}.json.gz`);
    writeFileSync(path, readFileSync(path).subarray(0, 1000));
    expect(await client({ cache }).dos("mp-865805")).toEqual(whole);
    expect(readFileSync(path).length).toBe(document.length);
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    first = [503, 503];
    const job = client({ fetch: { firstDelay: 60_000, signal: stop.signal } }).search({});
    const next = job.next();
    first = ["cut", "cut", "cut"];
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(next).rejects.toThrow("enough");
  });
});
