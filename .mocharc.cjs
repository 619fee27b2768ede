const { readdirSync } = require("node:fs");
const { join } = require("node:path");

/** The compiled counterparts of the test sources, so that what a deleted source left in dist/ is never run. */
const files = readdirSync("test", { recursive: true })
  .map(String)
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => join("dist", "test", file.replace(/\.ts$/, ".js")))
  .sort();

/** They break things for minutes, on purpose: `npm run test:faults`. */
const isFaults = (file) => file.startsWith(join("dist", "test", "faults"));

module.exports = {
  spec: files.filter((file) => !isFaults(file)),
  require: ["./dist/test/support/leaks.js"],
  reporter: "./test/support/slowest-reporter.cjs",
  "enable-source-maps": true,
  parallel: true,
  jobs: 3,
  timeout: 60_000,
};
