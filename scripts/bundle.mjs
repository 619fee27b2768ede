import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const resolving = Symbol("resolving");

/** Leaves out sqlite3, whose binary stays where npm put it, and what is not installed: TypeORM names the drivers of all databases. */
const leaveOut = {
  name: "leave-out",
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
      if (pluginData === resolving) return undefined;
      const found = await resolve(path, { kind, resolveDir, importer, pluginData: resolving });
      return path === "sqlite3" || found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};

/** Leaves out TypeORM's drivers of other databases, which its factory imports all at once: a quarter of what every command would load. */
const leaveOutDrivers = {
  name: "leave-out-drivers",
  setup({ onLoad }) {
    onLoad({ filter: /typeorm[\\/]driver[\\/][\w-]+[\\/]\w+Driver\.js$/ }, ({ path }) =>
      /(?:Sqlite|Postgres)Driver\.js$/.test(path) ? undefined : { contents: "" },
    );
  },
};

/** What CommonJS packages expect to find in a module. */
const banner = [
  'import { createRequire as requireFrom } from "node:module";',
  'import { fileURLToPath as pathOf } from "node:url";',
  "const require = requireFrom(import.meta.url);",
  "const __filename = pathOf(import.meta.url);",
  'const __dirname = pathOf(new URL(".", import.meta.url));',
].join("\n");

/**
 * Bundles the compiled command line with its packages into a few files, which load in a third of the time. The folder is as deep
 * as the one of the sources, so that their relative URLs hold.
 */
export async function bundleProgram(esbuild, root) {
  const folder = join(root, "dist/bundle/cli");
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await esbuild.build({
    entryPoints: [join(root, "dist/src/cli/main.js")],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    minifySyntax: true,
    minifyWhitespace: true,
    // Migrations are stored by the name of their class.
    keepNames: true,
    legalComments: "none",
    metafile: true,
    banner: { js: banner },
    plugins: [leaveOut, leaveOutDrivers],
    absWorkingDir: root,
    logLevel: "warning",
  });
  writeFileSync(join(folder, "LICENSES.txt"), listLicenses(Object.keys(metafile.inputs), root));
}

/** The bundled packages, each with the text of its license. */
function listLicenses(files, root) {
  const packages = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  return [...packages]
    .sort()
    .map((path) => {
      const folder = join(root, path);
      const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
      return [
        `${name} ${version} (${license})`,
        ...texts.map((file) => readFileSync(join(folder, file), "utf8").trim()),
      ].join("\n\n");
    })
    .join(`\n\n${"-".repeat(80)}\n\n`)
    .concat("\n");
}
