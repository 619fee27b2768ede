import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import typescript from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist/", "databases/"] },
  eslint.configs.recommended,
  { rules: { "max-lines": ["error", 300] } },
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
  {
    files: ["**/*.cjs"],
    languageOptions: { globals: { require: true, module: true, exports: true, process: true } },
  },
  {
    files: ["{examples,scripts}/**/*.{js,mjs}"],
    languageOptions: { globals: { URL: true, console: true, process: true } },
  },
  // A script of a page, whose class another script uses.
  {
    files: ["examples/jspsych/*.js"],
    languageOptions: { sourceType: "script" },
    rules: { "no-unused-vars": "off" },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/cli/config/**"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Nothing but src/cli/config reads the environment." },
      ],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/cli/**"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Nothing but src/cli/config reads the environment." },
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
