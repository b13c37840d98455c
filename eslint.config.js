import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "docs/api/", "out/", "node_modules/", "notebooks/", "coverage/", ".stryker-tmp/", "**/.venv/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // More than four of anything to remember is an options object.
    files: ["src/**/*.ts", "scripts/**", "bench/**", "kernels/**"],
    rules: { "max-params": ["error", 4] },
  },
  {
    // One concept a file.
    files: ["src/**/*.ts"],
    rules: { "max-lines": ["error", 260] },
  },
  {
    // The core returns values, yields progress and throws; only these rooms talk to the terminal.
    files: ["src/**/*.ts"],
    ignores: ["src/cli/**"],
    rules: { "no-console": "error" },
  },
  {
    files: ["**/*.{js,mjs,cjs}"],
    languageOptions: {
      globals: {
        console: "readonly",
        process: "readonly",
        Buffer: "readonly",
        URL: "readonly",
        require: "readonly",
        module: "readonly",
        __dirname: "readonly",
        globalThis: "readonly",
        setTimeout: "readonly",
        AbortController: "readonly",
      },
    },
  },
);
