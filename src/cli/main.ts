#!/usr/bin/env node
// Every Node.js that knows ES modules must be able to parse this file, so that an old one gets a sentence and not a syntax error.
// The rest is imported after the check.

// The first version of each release line in which a message with numbers as keys cannot block the process for seconds
// (CVE-2026-21717).
const oldest: Readonly<Record<number, readonly [number, number]>> = {
  20: [20, 2],
  22: [22, 2],
  24: [14, 1],
  25: [8, 2],
};

const [major = 0, minor = 0, patch = 0] = process.versions.node.split(".").map(Number);
const needed = oldest[major];
const isTooOld =
  needed === undefined ? major < 26 : minor < needed[0] || (minor === needed[0] && patch < needed[1]);
if (isTooOld) {
  const versions = Object.entries(oldest).map(([line, rest]) => `${line}.${rest.join(".")}`);
  process.stderr.write(
    `telltale needs Node.js ${versions.join(", ")} or newer, and this is ${process.versions.node}; install a newer one from https://nodejs.org.\n`,
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
        process.exitCode = 1;
        const report = await import("./report-load-failure.js").catch(() => undefined);
        if (report !== undefined) report.reportLoadFailure(error);
        else
          process.stderr.write(
            "telltale cannot be loaded; raise the limit of open files (ulimit -n) or install it again.\n",
          );
      },
    );
}
