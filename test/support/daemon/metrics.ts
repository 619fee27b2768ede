import type { Daemon } from "../../../src/index.js";
import { get } from "../client/http.js";

/** What `GET /metrics` says: the value of each sample by its name and labels, as they are written. */
export async function readMetrics(daemon: Daemon): Promise<Map<string, number>> {
  const { text } = await get(daemon, "/metrics");
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    samples.map((line) => {
      const end = line.lastIndexOf(" ");
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}
