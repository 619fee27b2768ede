import { expect } from "chai";
import {
  type ErrorCode,
  ProtocolError,
  describeProtocol,
  errorCodes,
  isRetryable,
} from "../../src/protocol/index.js";

/** The definition of the error codes in the protocol's schema. */
function codeDefinitions(): { const: string; description: string }[] {
  const { $defs } = describeProtocol() as {
    $defs: { ErrorCode: { anyOf: { const: string; description: string }[] } };
  };
  return $defs.ErrorCode.anyOf;
}

describe("errorCodes", () => {
  it("match the design", () => {
    expect(errorCodes).to.have.members([
      "malformed",
      "invalid",
      "no_session",
      "unknown_session",
      "deleted",
      "bad_setup",
      "underivable",
      "conflict",
      "too_costly",
      "unavailable",
      "internal",
    ]);
  });

  it("each have a one-sentence description in the schema", () => {
    const definitions = codeDefinitions();
    expect(definitions.map((definition) => definition.const)).to.deep.equal(errorCodes);
    for (const { const: code, description } of definitions) {
      expect(description, code).to.match(/^(telltale|[A-Z])[^.]+\.$/);
    }
    expect(new Set(definitions.map(({ description }) => description))).to.have.property(
      "size",
      errorCodes.length,
    );
  });
});

describe("isRetryable", () => {
  it("is true of unavailable only", () => {
    expect(errorCodes.filter(isRetryable)).to.deep.equal(["unavailable"] satisfies ErrorCode[]);
  });
});

describe("ProtocolError", () => {
  it("has a code and a sentence", () => {
    const error = new ProtocolError("invalid", "A sentence.");
    expect(error).to.be.instanceOf(Error);
    expect(error).to.include({ name: "ProtocolError", code: "invalid", message: "A sentence." });
  });
});
