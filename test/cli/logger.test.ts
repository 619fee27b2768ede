import { expect } from "chai";
import { printable } from "../../src/cli/logger.js";

describe("printable", () => {
  it("leaves nothing that a terminal would obey, and no second line", () => {
    expect(printable("There is no `\u001b[2J\r\nrefused: \u0007\u009b31m`, é 試")).to.equal(
      "There is no `\\u001b[2J\\u000d\\u000arefused: \\u0007\\u009b31m`, é 試",
    );
  });
});
