const { isSlow, optionsFor } = require("./test/support/mocha-options.cjs");

/** `npm test`: everything but the tests that take minutes by design. */
module.exports = optionsFor((path) => !isSlow(path));
