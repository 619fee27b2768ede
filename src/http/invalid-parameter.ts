import type { FastifyServerOptions } from "fastify";

/** Describes in one sentence which parameter of a request is invalid. */
export const describeInvalid: NonNullable<FastifyServerOptions["schemaErrorFormatter"]> = ([error]) => {
  const { instancePath = "", message = "is wrong", params = {} } = error ?? {};
  if ("additionalProperty" in params) {
    return new Error(`There is no parameter ${String(params["additionalProperty"])} here; see docs/HTTP.md.`);
  }
  if ("missingProperty" in params) {
    return new Error(`The parameter ${String(params["missingProperty"])} is missing; see docs/HTTP.md.`);
  }
  const [, name = ""] = instancePath.split("/");
  const allowed = "allowedValues" in params ? `: ${String(params["allowedValues"])}` : "";
  return new Error(`The parameter ${name} ${message}${allowed}.`);
};
