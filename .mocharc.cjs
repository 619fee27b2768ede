const { optionsFor } = require("./test/support/mocha-options.cjs");

/** `npm test`: all but test/faults, which takes minutes by design. */
module.exports = optionsFor(([folder]) => folder !== "faults");
