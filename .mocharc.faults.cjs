const { optionsFor } = require("./test/support/mocha-options.cjs");

/** `npm run test:faults`: kills, full disks, locks and other faults. */
module.exports = optionsFor(([folder]) => folder === "faults");
