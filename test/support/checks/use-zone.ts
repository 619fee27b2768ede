/** Runs the tests of the enclosing `describe` in a time zone. */
export function useZone(zone: string): void {
  const before = process.env["TZ"];

  beforeEach(() => {
    process.env["TZ"] = zone;
  });

  afterEach(() => {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  });
}
