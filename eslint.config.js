import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import typescript from "typescript-eslint";

/** What each folder may import from, besides itself: other folders of src, and packages. The one table of the import directions. */
const mayImport = {
  "src/protocol": { packages: ["@sinclair/typebox", "msgpackr"] },
  "src/derivation": { folders: ["protocol"] },
  "src/entities": { folders: ["../migrations"], packages: ["typeorm"] },
  "src/database": {
    folders: ["entities", "handlers", "derivation", "protocol", "../migrations"],
    packages: ["node:", "typeorm", "pg", "sqlite3"],
  },
  "src/queries": { folders: ["database", "protocol"], packages: ["node:timers"] },
  "src/replay": {
    folders: ["door", "queries", "database", "derivation", "protocol"],
    packages: ["node:", "pino", "ws"],
  },
  "src/export": {
    folders: ["queries", "database", "protocol"],
    packages: ["node:", "client-zip", "csv-stringify"],
  },
  "src/door": { packages: ["node:", "fastify", "pino", "ws"] },
  "src/http": {
    folders: ["door", "export", "queries", "database", "protocol"],
    packages: ["node:", "@fastify/swagger", "@sinclair/typebox", "fastify"],
  },
  "src/handlers": { folders: ["protocol", "derivation"] },
  "src/daemon": {
    folders: ["door", "handlers", "http", "database", "protocol", "replay"],
    packages: ["node:", "fastify", "pino", "prom-client", "ws"],
  },
  "src/client": { folders: ["protocol"] },
  "src/client-node": { folders: ["client"], packages: ["node:", "ws"] },
  "src/config": {},
  "src/logging": { packages: ["pino", "pino-pretty"] },
  // Once from the folder itself, once from its support folder.
  migrations: { folders: ["src/protocol", "../src/protocol"], packages: ["node:crypto", "typeorm"] },
};

const escape = (text) => text.replaceAll(".", "\\.");
const anyOf = (names, end) =>
  names.map((name) => escape(name) + (name.endsWith(":") ? "" : end)).join("|") || "$^";

const directions = Object.entries(mayImport).map(([folder, { folders = [], packages = [] }]) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            // Files directly in the folder; the migrations' support folder has no folders of its own.
            regex: `^\\.\\./(?!${anyOf(folders, "/")})`,
            message: `${folder} may import from these folders: ${folders.join(", ") || "none"}.`,
          },
          {
            regex: `^(?!\\.|${anyOf(packages, "(/|$)")})`,
            message: `${folder} may import these packages: ${packages.join(", ") || "none"}.`,
          },
        ],
      },
    ],
  },
}));

export default defineConfig(
  { ignores: ["dist/", "databases/"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [typescript.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "No default exports." },
        { selector: "TSInterfaceDeclaration > Identifier[name=/^I[A-Z]/]", message: "No I prefix." },
      ],
    },
  },
  {
    // They run in a browser.
    files: ["src/protocol/**/*.ts", "src/client/**/*.ts"],
    rules: { "no-restricted-globals": ["error", "Buffer", "process", "setImmediate"] },
  },
  { files: ["**/*.cjs"], languageOptions: { globals: { require: true, module: true, process: true } } },
  {
    files: ["examples/**/*.{js,mjs}"],
    languageOptions: { globals: { console: true, process: true } },
  },
  // A script of a page, whose class another script uses.
  {
    files: ["examples/jspsych/*.js"],
    languageOptions: { sourceType: "script" },
    rules: { "no-unused-vars": "off" },
  },
  ...directions,
  {
    files: ["src/**/*.ts"],
    ignores: ["src/config/**"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Nothing but src/config reads the environment." },
      ],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/cli/**", "src/config/**"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Nothing but src/config reads the environment." },
        { object: "process", property: "exit", message: "Nothing but src/cli exits." },
        { object: "process", property: "exitCode", message: "Nothing but src/cli exits." },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
);
