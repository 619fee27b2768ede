const { readdirSync } = require("node:fs");
const { join, sep } = require("node:path");

/** Whether a test file, by its path below test/, is one of those that take minutes by design. */
exports.isSlow = ([folder]) => folder === "faults" || folder === "package";

/**
 * Mocha's options for the test files whose path below test/ is chosen. They run in parallel, each in one of the workers; there
 * `.only` fails a run, so that a single test is run with `npx mocha --no-config --require ./dist/test/support/leaks.js FILE`.
 */
exports.optionsFor = (isChosen) => ({
  // The compiled counterparts of the test sources, so that what a deleted source left in dist/ is never run.
  spec: readdirSync("test", { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".test.ts") && isChosen(file.split(sep)))
    .map((file) => join("dist", "test", file.replace(/\.ts$/, ".js")))
    .sort(),
  require: ["./dist/test/support/leaks.js"],
  reporter: "./test/support/slowest-reporter.cjs",
  "enable-source-maps": true,
  parallel: true,
  jobs: 3,
  timeout: 180_000,
});
