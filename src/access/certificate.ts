import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { AccessError, explainUnread } from "./access-error.js";

/** What TLS needs, in PEM form. */
export interface Certificate {
  /** The certificate, and after it those that it was signed with. */
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly expiresAt: Date;
}

/** @throws AccessError `bad_certificate` where a file cannot be read, or the key is not the certificate's. */
export async function readCertificate(certFile: string, keyFile: string): Promise<Certificate> {
  const cert = await read(certFile, "--tls-cert");
  const key = await read(keyFile, "--tls-key");
  const certificate = parse(
    () => new X509Certificate(cert),
    `${certFile} holds no certificate in PEM form; check --tls-cert.`,
  );
  const privateKey = parse(
    () => createPrivateKey(key),
    `${keyFile} holds no private key in PEM form without a passphrase; check --tls-key.`,
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw bad(
      `The key in ${keyFile} is not that of the certificate in ${certFile}; give the two that belong together.`,
    );
  }
  // Such as a key that is too short for today's OpenSSL, or a file that is not PEM.
  parse(
    () => createSecureContext({ cert, key }),
    `${certFile} and ${keyFile} cannot be used for TLS; make a new certificate and key, in PEM form.`,
  );
  return { cert, key, expiresAt: new Date(certificate.validTo) };
}

async function read(path: string, flag: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw bad(`${path} ${explainUnread(error)}; check ${flag}.`, error);
  }
}

function parse<Result>(make: () => Result, sentence: string): Result {
  try {
    return make();
  } catch (error) {
    throw bad(sentence, error);
  }
}

function bad(sentence: string, cause?: unknown): AccessError {
  return new AccessError("bad_certificate", sentence, { cause });
}
