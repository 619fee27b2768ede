import { expect } from "chai";
import { RecentFailures } from "../../../src/daemon/monitoring/recent-failures.js";

describe("RecentFailures", () => {
  it("reports a failure for a minute", () => {
    let nowMs = 5000;
    const failures = new RecentFailures(() => nowMs);
    expect(failures.warning).to.equal(undefined);
    failures.note();
    nowMs += 12_000;
    expect(failures.warning).to.include("12 s ago");
    nowMs += 50_000;
    expect(failures.warning).to.equal(undefined);
  });
});
