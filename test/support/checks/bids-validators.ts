import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";

const folder = dirname(createRequire(import.meta.url).resolve("bids-validator/package.json"));

/** The part of the validator's module that is used; it is written for browsers. */
interface SchemaValidator {
  readonly fileListToTree: (files: File[]) => Promise<unknown>;
  readonly validate: (
    tree: unknown,
    options: object,
  ) => Promise<{ issues: { issues: Iterable<SchemaIssue> } }>;
}

interface SchemaIssue {
  readonly severity: string;
  readonly code: string;
  readonly subCode?: string;
  readonly location?: string;
}

/** What a validator says of a dataset, a line each. */
export interface Verdict {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** What the official validator that follows the BIDS schema says of a dataset, run as its web page runs it. */
export async function validateBySchema(path: string): Promise<Verdict> {
  const url = pathToFileURL(join(folder, "dist", "validator", "main.js")).href;
  const { fileListToTree, validate } = (await import(url)) as SchemaValidator;
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const file = join(entry.parentPath, entry.name);
        const inside = relative(path, file).split(sep).join("/");
        return Object.defineProperty(new File([await readFile(file)], basename(file)), "webkitRelativePath", {
          value: `dataset/${inside}`,
        });
      }),
  );
  const { issues } = await validate(await fileListToTree(files), { datasetPath: path, debug: "ERROR" });
  const all = [...issues.issues];
  const describe = ({ code, subCode = "", location = "" }: SchemaIssue) => `${code} ${subCode} ${location}`;
  return {
    errors: all.filter(({ severity }) => severity === "error").map(describe),
    warnings: all.filter(({ severity }) => severity === "warning").map(describe),
  };
}

/** What the official command `bids-validator` says of a dataset. */
export async function validateByCommand(path: string): Promise<Verdict> {
  const child = spawn(process.execPath, [join(folder, "bin", "bids-validator"), path, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, "close");
  try {
    const { issues } = JSON.parse(stdout) as {
      issues: Record<
        "errors" | "warnings",
        { key: string; files: { file: { relativePath?: string } | null }[] }[]
      >;
    };
    const describe = ({ key, files }: (typeof issues)["errors"][number]) =>
      [key, ...files.slice(0, 5).map(({ file }) => file?.relativePath ?? "")].join(" ");
    return { errors: issues.errors.map(describe), warnings: issues.warnings.map(describe) };
  } catch {
    throw new Error(`bids-validator said nothing that can be read: ${stdout}${stderr}`);
  }
}
