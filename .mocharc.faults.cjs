const { isSlow, optionsFor } = require("./test/support/mocha-options.cjs");

/** `npm run test:faults`: kills, full disks, locks and other faults, and the installed package. */
module.exports = optionsFor(isSlow);
