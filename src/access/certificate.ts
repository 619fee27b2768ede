import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { AccessError, explainUnread } from "./access-error.js";

/** A certificate and its key, in PEM form. */
export interface Certificate {
  /** The certificate, followed by its chain. */
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly expiresAt: Date;
}

/** @throws AccessError `bad_certificate` when a file cannot be read, or the key does not match the certificate. */
export async function readCertificate(certFile: string, keyFile: string): Promise<Certificate> {
  const cert = await read(certFile, "--tls-cert");
  const key = await read(keyFile, "--tls-key");
  const certificate = parse(
    () => new X509Certificate(cert),
    `${certFile} does not contain a certificate in PEM form; check --tls-cert.`,
  );
  const privateKey = parse(
    () => createPrivateKey(key),
    `${keyFile} does not contain a private key in PEM form without a passphrase; check --tls-key.`,
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw bad(
      `The key in ${keyFile} does not match the certificate in ${certFile}; give files that belong together.`,
    );
  }
  // For example a key that is too short for today's OpenSSL.
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
