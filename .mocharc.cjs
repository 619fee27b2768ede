const { readdirSync } = require("node:fs");
const { join } = require("node:path");

/** The compiled counterparts of the test sources, so that what a deleted source left in dist/ is never run. */
const spec = readdirSync("test", { recursive: true })
  .map(String)
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => join("dist", "test", file.replace(/\.ts$/, ".js")))
  .sort();

module.exports = {
  spec,
  require: ["./dist/test/support/leaks.js"],
  "enable-source-maps": true,
  timeout: 30_000,
  "forbid-only": Boolean(process.env.CI),
};
