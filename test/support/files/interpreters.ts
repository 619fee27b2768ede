import { execFileSync } from "node:child_process";

const pythons = ["python3", "/usr/bin/python3"];

/** The first Python that has a package; undefined, with a message, if none has it. */
export function findPythonWith(name: string): string | undefined {
  const python = pythons.find((one) => runs(one, ["-c", `import ${name}`]));
  if (python === undefined) console.log(`      python3 with ${name} is not here`);
  return python;
}

/** Whether R is here with these packages; says so if not. */
export function hasR(...packages: readonly string[]): boolean {
  const isHere = runs("Rscript", ["-e", packages.map((name) => `library(${name})`).join("; ")]);
  if (!isHere) console.log(`      R with ${packages.join(" and ")} is not here`);
  return isHere;
}

function runs(command: string, flags: readonly string[]): boolean {
  try {
    execFileSync(command, flags, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
