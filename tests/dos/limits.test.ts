// What comes from outside has limits: keys stay with their host, bodies and gzip data end somewhere.
import { createServer, type RequestListener, type Server } from "node:http";
import { mkdtempSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { gunzip } from "../../src/base/gunzip.js";
import { materialsProject, parseVasprun, readDosFile } from "../../src/dos/index.js";
import { fileBytes, fileText } from "../../src/dos/readers/bytes.js";
import { fetchBytes, HttpError } from "../../src/dos/readers/http.js";
import { inPieces } from "./readers-support.js";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const text = async (url: string, options = {}) => Buffer.from(await fetchBytes(url, options)).toString();

describe("redirects", () => {
  it("an API key never follows one to another host", async () => {
    const keys: unknown[] = [];
    const other = await serve(({ headers }, response) => {
      keys.push(headers["x-api-key"]);
      response.writeHead(401).end('{"message": "no key"}');
    });
    const api = await serve(({ headers, url }, response) => {
      keys.push(headers["x-api-key"]);
      response.writeHead(302, { location: other + url! }).end();
    });
    const client = materialsProject({ apiKey: "secret", apiUrl: api, fetch: { retries: 0 } });
    await expect(client.search({}).next()).rejects.toThrow(/refused the API key \(401: no key\)/);
    expect(keys).toEqual(["secret", undefined]);
  });

  it("within one host headers are kept, and a way back does not bring them back", async () => {
    const seen: unknown[] = [];
    let other = "";
    const home = await serve(({ headers, url }, response) => {
      seen.push([url, headers["x-api-key"]]);
      if (url === "/a") response.writeHead(307, { location: "/b" }).end();
      else if (url === "/b") response.writeHead(308, { location: other }).end();
      else response.end("there");
    });
    other = await serve((_, response) => response.writeHead(301, { location: `${home}/c` }).end());
    expect(await text(`${home}/a`, { headers: { "x-api-key": "secret" } })).toBe("there");
    expect(seen).toEqual([["/a", "secret"], ["/b", "secret"], ["/c", undefined]]); // prettier-ignore
  });

  it("end: five at most, HTTP only", async () => {
    let asked = 0;
    const circle = await serve((_, response) => {
      asked++;
      response.writeHead(302, { location: "/" }).end();
    });
    await expect(text(circle)).rejects.toThrow("more than 5 redirects");
    expect(asked).toBe(6);
    const odd = await serve((_, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end());
    await expect(text(odd)).rejects.toThrow("it redirects to file:, which is not HTTP");
  });
});

describe("HTTP bodies", () => {
  it("end at the limit, announced or not, packed or not, and are not asked for again", async () => {
    let asked = 0;
    const large = Buffer.alloc(3e6, "x");
    const url = await serve((request, response) => {
      asked++;
      if (request.url === "/announced") response.writeHead(200, { "content-length": large.length });
      if (request.url === "/packed")
        return void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(large));
      response.write(large);
      response.end();
    });
    for (const path of ["/announced", "/chunked", "/packed"])
      await expect(text(url + path, { maxBytes: 2e6 })).rejects.toThrow(
        `${url}${path}: the response is larger than the limit of 2 MB`,
      );
    expect(asked).toBe(3);
    expect(await text(`${url}/packed`, { maxBytes: 3e6 })).toHaveLength(3e6);
  });

  it("a non-success response is quoted in part, and printably", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/json") return void response.writeHead(418).end('{"detail": "\\u001b[2Jgone"}');
      response.writeHead(404).end("\u001b]0;title\u0007 " + "x".repeat(1e6));
    });
    const error = await text(`${url}/json`).catch((e: unknown) => e as HttpError);
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status: 418, serverMessage: "\\u001b[2Jgone" });
    await expect(text(url)).rejects.toThrow(/answered 404: \\u001b\]0;title\\u0007 x{20,90}$/);
  });
});

describe("gzip data", () => {
  const folder = mkdtempSync(join(tmpdir(), "dosmith-limits-"));
  const bomb = gzipSync(Buffer.alloc(40e6, " "));
  const path = join(folder, "bomb.json.gz");
  writeFileSync(path, bomb);

  it("in memory", () => {
    expect(() => gunzip(bomb, "part", 5e6)).toThrow("part: it unpacks to more than the limit of 5 MB");
    expect(gunzip(bomb, "part", 40e6)).toHaveLength(40e6);
    expect(() => gunzip(bomb.subarray(0, 50), "part", 5e6)).toThrow(/part: damaged gzip data/);
  });

  it("from a file", async () => {
    const drain = async (limit: number) => {
      let size = 0;
      for await (const chunk of fileBytes(path, limit)) size += chunk.length;
      return size;
    };
    await expect(drain(5e6)).rejects.toThrow(`${path}: it unpacks to more than the limit of 5 MB`);
    expect(await drain(40e6)).toBe(40e6);
    await expect(fileText(path, 5e6)).rejects.toThrow(`${path}: more than the limit of 5 MB for JSON`);
  });

  it("an XML document without tags", async () => {
    const endless = inPieces(`<modeling><generator>${" ".repeat(17e6)}</generator></modeling>`);
    await expect(parseVasprun(endless, "x.xml")).rejects.toThrow("x.xml: line 1: more than 16 MB without a tag");
    const packed = join(folder, "vasprun.xml.gz");
    writeFileSync(packed, gzipSync(`<modeling>${" ".repeat(40e6)}`));
    await expect(readDosFile(packed)).rejects.toThrow("more than 16 MB without a tag");
  });
});
