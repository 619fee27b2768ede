import { makeZip } from "client-zip";
import type { DatasetFile } from "./bids.js";

/**
 * The files of a dataset as a zip file, piece by piece. Nothing is compressed: the daemon's time belongs to its clients.
 *
 * @param folder the folder in the zip file that holds all files.
 */
export async function* zipDataset(
  files: AsyncGenerator<DatasetFile>,
  folder: string,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  async function* entries() {
    for await (const { path, content } of files) {
      yield { name: `${folder}/${path}`, input: eachOf(content), lastModified: new Date() };
    }
  }
  try {
    yield* makeZip(entries());
  } finally {
    await files.return(undefined);
  }
  return undefined;
}

async function* eachOf(content: DatasetFile["content"]): AsyncGenerator<string> {
  yield* content;
}
