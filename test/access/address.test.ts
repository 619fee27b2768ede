import { expect } from "chai";
import fc from "fast-check";
import { countedAddress, isLoopbackAddress, isLoopbackHost } from "../../src/access/address.js";

describe("isLoopbackAddress", () => {
  for (const address of [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.255",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
  ]) {
    it(`takes ${address} for loopback`, () => {
      expect(isLoopbackAddress(address)).to.equal(true);
    });
  }

  for (const address of [
    "0.0.0.0",
    "::",
    "126.255.255.255",
    "128.0.0.1",
    "192.168.1.20",
    "::2",
    "::ffff:10.0.0.1",
    "fe80::1",
    "localhost",
    "",
    "127.1",
  ]) {
    it(`does not take \`${address}\` for loopback`, () => {
      expect(isLoopbackAddress(address)).to.equal(false);
    });
  }
});

describe("isLoopbackHost", () => {
  for (const [host, isLoopback] of [
    ["127.0.0.1", true],
    ["127.3.2.1", true],
    ["::1", true],
    ["localhost", true],
    ["127.1", true],
    ["0.0.0.0", false],
    ["0", false],
    ["::", false],
    ["192.0.2.1", false],
    ["no-such-host.invalid", undefined],
  ] as const) {
    it(`says ${isLoopback} of ${host}`, async () => {
      expect(await isLoopbackHost(host)).to.equal(isLoopback);
    });
  }
});

describe("countedAddress", () => {
  for (const [address, counted] of [
    ["192.168.1.20", "192.168.1.20"],
    ["::ffff:192.168.1.20", "192.168.1.20"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:DB8:0::9", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::192.0.2.33", "64:ff9b:0:0::/64"],
    [undefined, ""],
  ] as const) {
    it(`counts ${address} as ${counted}`, () => {
      expect(countedAddress(address)).to.equal(counted);
    });
  }

  it("counts all addresses of an IPv6 network as one, and other networks separately", () => {
    const group = fc.integer({ min: 1, max: 0xffff }).map((value) => value.toString(16));
    const four = fc.array(group, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(four, four, four, (network, one, other) => {
        const address = [...network, ...one].join(":");
        expect(countedAddress(address)).to.equal(countedAddress([...network, ...other].join(":")));
        expect(countedAddress(address)).to.equal(`${network.join(":")}::/64`);
      }),
    );
  });
});
