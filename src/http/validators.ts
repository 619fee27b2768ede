import AjvCompiler from "@fastify/ajv-compiler";

const buildCompiler = AjvCompiler();
type Factory = ReturnType<typeof AjvCompiler>;
type Validator = ReturnType<ReturnType<Factory>>;

const validators = new Map<string, Validator>();

/** Compiles each schema once in this process, and not for each server again: it takes a third of the start of a daemon. */
export const buildValidator: Factory = (schemas, options) => {
  const compile = buildCompiler(schemas, options);
  return (route) => {
    // The declared type is a schema; what fastify passes is a route's part with its schema.
    const { schema } = route as { readonly schema: unknown };
    const key = JSON.stringify(schema);
    const validator = validators.get(key) ?? compile(route);
    validators.set(key, validator);
    return validator;
  };
};
