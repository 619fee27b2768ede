#!/usr/bin/env node
// Every Node.js that knows ES modules must be able to parse this file, so that an old one gets a sentence and not a syntax error.
// The rest is imported after the check.

const oldest = [20, 19] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(
    `telltale needs Node.js ${oldest.join(".")} or newer, and this is ${process.versions.node}; install a newer one from https://nodejs.org.\n`,
  );
  process.exitCode = 1;
} else {
  // When a package fails to load, Node.js rejects not only the import but also a promise that nothing can handle.
  const ignore = (): void => undefined;
  process.on("unhandledRejection", ignore);
  import("./run.js")
    .then(({ load }) => load())
    .then(
      (run) => {
        process.off("unhandledRejection", ignore);
        return run();
      },
      async (error: unknown) => {
        const { reportLoadFailure } = await import("./report-load-failure.js");
        reportLoadFailure(error);
      },
    );
}
