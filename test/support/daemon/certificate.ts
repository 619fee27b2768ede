import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../../../harness/temporary-folder.js";

const run = promisify(execFile);

/** Files of a certificate for this machine that signs itself, and of its key. */
export interface CertificateFiles {
  readonly tlsCert: string;
  readonly tlsKey: string;
  /** The certificate, for clients that trust it. */
  readonly ca: Buffer;
}

/** Whether the tests can make certificates here. */
export const hasOpenssl = await run("openssl", ["version"]).then(
  () => true,
  () => false,
);

/** Whether the tests can make certificates that have expired. */
export const hasFaketime = await run("faketime", ["--version"]).then(
  () => true,
  () => false,
);

/** Makes a certificate that is valid for a day and gone after the test. */
export async function makeCertificate(isExpired = false): Promise<CertificateFiles> {
  const folder = await temporaryFolder();
  const [tlsCert, tlsKey] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", tlsKey];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  const words = ["openssl", "req", "-x509", ...key, "-out", tlsCert, "-days", "1", ...names];
  const [program = "", ...rest] = isExpired ? ["faketime", "-f", "-9d", ...words] : words;
  await run(program, rest);
  return { tlsCert, tlsKey, ca: await readFile(tlsCert) };
}
