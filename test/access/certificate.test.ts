import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { readCertificate } from "../../src/access/certificate.js";
import { AccessError } from "../../src/access/access-error.js";
import { hasOpenssl, makeCertificate } from "../support/daemon/certificate.js";
import { rejection } from "../support/checks/rejection.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const run = promisify(execFile);

describe("readCertificate", () => {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  it("reads a certificate and its key", async () => {
    const { tlsCert, tlsKey, ca } = await makeCertificate();
    const { cert, expiresAt } = await readCertificate(tlsCert, tlsKey);
    expect(cert).to.deep.equal(ca);
    expect(expiresAt.getTime()).to.be.above(Date.now());
  });

  it("says in one sentence what is wrong with the files", async () => {
    const [one, other] = [await makeCertificate(), await makeCertificate()];
    const folder = await temporaryFolder();
    const [none, empty, text, der, locked] = ["none", "empty", "text", "der", "locked"].map((name) =>
      join(folder, name),
    ) as [string, string, string, string, string];
    await writeFile(empty, "");
    await writeFile(text, "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n");
    await run("openssl", ["x509", "-in", one.tlsCert, "-outform", "der", "-out", der]);
    await run("openssl", ["ec", "-in", one.tlsKey, "-aes256", "-passout", "pass:secret", "-out", locked]);
    for (const [cert, key, words] of [
      [none, one.tlsKey, "--tls-cert"],
      [one.tlsCert, none, "--tls-key"],
      [folder, one.tlsKey, "is a folder"],
      [empty, one.tlsKey, "not contain a certificate"],
      [text, one.tlsKey, "not contain a certificate"],
      [one.tlsKey, one.tlsKey, "not contain a certificate"],
      [der, one.tlsKey, "PEM"],
      [one.tlsCert, empty, "not contain a private key"],
      [one.tlsCert, one.tlsCert, "not contain a private key"],
      [one.tlsCert, locked, "passphrase"],
      [one.tlsCert, other.tlsKey, "does not match the certificate"],
    ] as const) {
      const error = await rejection(readCertificate(cert, key));
      expect(error, words).to.be.instanceOf(AccessError).with.property("code", "bad_certificate");
      expect((error as Error).message)
        .to.include(words)
        .and.to.match(/\.$/)
        .and.not.match(/\n|BEGIN/);
    }
  });
});
