import { fileURLToPath } from "node:url";
import type { DosReader } from "./dos-reader.js";

/** GPAW's `.gpw` files: recognised, and refused with the command that makes something to read of them. */
export const gpwReader: DosReader = {
  name: "GPAW .gpw",
  recognises: ({ start }) => start.startsWith("- of Ulm"),
  read: ({ path }) => {
    const script = fileURLToPath(new URL("../../../scripts/gpw-dos.py", import.meta.url));
    throw new Error(
      `${path}: a GPAW .gpw file holds wave functions, no projected DOS: python3 ${script} ${path} dos.json makes one to read`,
    );
  },
};
