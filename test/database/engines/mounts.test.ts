import { expect } from "chai";
import { mountOf } from "../../../src/database/engines/mounts.js";

const mounts = [
  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
  "40 22 0:30 / /mnt/lab rw - fuse.sshfs lab@server:/data rw",
  "41 22 0:31 / /mnt/my\\040drive rw - fuse.rclone remote: rw",
  "42 40 8:2 / /mnt/lab/local rw - ext4 /dev/sdb1 rw",
  "",
].join("\n");

describe("mountOf", () => {
  for (const [folder, type] of [
    ["/home/me", "ext4"],
    ["/mnt/lab", "fuse.sshfs"],
    ["/mnt/lab/data", "fuse.sshfs"],
    ["/mnt/lab/local/data", "ext4"],
    ["/mnt/laboratory", "ext4"],
    ["/mnt/my drive/data", "fuse.rclone"],
  ] as const) {
    it(`finds ${type} for ${folder}`, () => {
      expect(mountOf(folder, mounts)).to.have.property("type", type);
    });
  }

  it("takes the later of two mounts on one point", () => {
    const twice = `${mounts}50 22 0:40 / /mnt/lab rw - nfs4 server:/data rw\n`;
    expect(mountOf("/mnt/lab", twice)).to.have.property("type", "nfs4");
  });

  it("finds nothing in an empty list", () => {
    expect(mountOf("/home", "")).to.equal(undefined);
  });
});
