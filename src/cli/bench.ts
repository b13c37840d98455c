import { homedir } from "node:os";
import { join } from "node:path";
import { diskCache } from "../data/index.js";
import { openWorkbench, type DosSources, type Workbench } from "../workbench/index.js";
import type { SourceCommand } from "./options.js";

/** The workbench that a command asks for. */
export function openBench(command: SourceCommand = {}): Promise<Workbench> {
  const { model, predictor, reportPredictor, dataset, backend, threads } = command;
  return openWorkbench({ model, predictor, reportPredictor, dataset, backend, threads, ...sourcesFromEnvironment() });
}

/** The Materials Project by MP_API_KEY, MP_API_ENDPOINT (as for mp-api), MP_OPEN_DATA_ENDPOINT and XDG_CACHE_HOME. */
export function sourcesFromEnvironment(): DosSources {
  const { MP_API_KEY, MP_API_ENDPOINT, MP_OPEN_DATA_ENDPOINT, XDG_CACHE_HOME } = process.env;
  const cacheHome = XDG_CACHE_HOME || join(homedir(), ".cache");
  return {
    materialsProject: {
      apiKey: MP_API_KEY,
      cache: diskCache(join(cacheHome, "dosmith", "materials-project")),
      ...(MP_API_ENDPOINT && { apiUrl: MP_API_ENDPOINT }),
      ...(MP_OPEN_DATA_ENDPOINT && { openDataUrl: MP_OPEN_DATA_ENDPOINT }),
    },
  };
}
