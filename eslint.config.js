import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import typescript from "typescript-eslint";

/** What each folder of src may import from, besides itself; the one table of the design's import directions. */
const mayImport = {
  protocol: [],
  derivation: ["protocol"],
  entities: [],
  database: ["entities", "derivation", "protocol"],
  handlers: ["protocol", "derivation"],
  daemon: ["handlers", "database", "protocol"],
  config: [],
  logging: [],
};

const directions = Object.entries(mayImport).map(([folder, allowed]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            regex: `^\\.\\./(?!${[...allowed.map((name) => `${name}/`), "\\.\\./migrations/"].join("|")})`,
            message: `src/${folder} may import from: ${allowed.join(", ") || "nothing of src"}.`,
          },
          ...(folder === "database" ? [] : [{ regex: "migrations/", message: "Only src/database climbs." }]),
          ...(folder === "protocol" ? [{ regex: "^node:", message: "src/protocol runs in a browser." }] : []),
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
    files: ["src/protocol/**/*.ts"],
    rules: { "no-restricted-globals": ["error", "Buffer", "process", "setImmediate"] },
  },
  { files: ["**/*.cjs"], languageOptions: { globals: { require: true, module: true, process: true } } },
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
    files: ["migrations/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: "src/", message: "A migration is a historical record: nothing of src." }] },
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
