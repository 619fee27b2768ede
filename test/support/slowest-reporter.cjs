const { Spec } = require("mocha/lib/reporters/index.cjs");

const listed = 20;

/** Mocha's own report, and after it the slowest tests. */
module.exports = class SlowestReporter extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const tests = [];
    runner.on("test end", (test) => {
      if (test.duration !== undefined) tests.push({ title: test.fullTitle(), ms: test.duration });
    });
    runner.once("end", () => {
      const slowest = tests.sort((a, b) => b.ms - a.ms).slice(0, listed);
      Spec.consoleLog(`  The slowest ${slowest.length} tests, in seconds:\n`);
      for (const { title, ms } of slowest)
        Spec.consoleLog("%s  %s", (ms / 1000).toFixed(1).padStart(7), title);
      Spec.consoleLog();
    });
  }
};
